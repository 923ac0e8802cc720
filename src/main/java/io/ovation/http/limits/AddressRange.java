package io.ovation.http.limits;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/** A range of addresses as CIDR writes it: {@code 10.0.0.0/8}, {@code fd00::/8}, or one address. */
record AddressRange(byte[] network, int bits) {

  /**
   * @throws IllegalArgumentException if it is none
   */
  static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    byte[] network = bytes(slash < 0 ? text : text.substring(0, slash));
    if (network == null) {
      throw new IllegalArgumentException(text + " is not an address, nor a range as in 10.0.0.0/8");
    }
    int most = network.length * 8;
    String digits = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
    int bits = digits.matches("\\d{1,3}") ? Integer.parseInt(digits) : -1;
    if (bits < 0 || bits > most) {
      throw new IllegalArgumentException(text + " must end in /0 to /" + most);
    }
    return new AddressRange(network, bits);
  }

  /** An IPv6 address that stands for an IPv4 one is that one; null if it is no address. */
  static byte @Nullable [] bytes(String address) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(address);
    if (bytes == null || bytes.length == 4) {
      return bytes;
    }
    for (int i = 0; i < 12; i++) {
      if (bytes[i] != (i < 10 ? 0 : (byte) 0xFF)) {
        return bytes;
      }
    }
    return new byte[] {bytes[12], bytes[13], bytes[14], bytes[15]};
  }

  boolean contains(byte[] address) {
    if (address.length != network.length) {
      return false;
    }
    for (int bit = 0; bit < bits; bit += 8) {
      int mask = bits - bit >= 8 ? 0xFF : 0xFF << (8 - (bits - bit));
      if (((address[bit / 8] ^ network[bit / 8]) & mask & 0xFF) != 0) {
        return false;
      }
    }
    return true;
  }
}

package io.ovation.testkit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/** A key pair that signs tokens, and its public half as a JSON Web Key. */
public record TestKeys(String algorithm, String kid, KeyPair pair) {
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /**
   * @param algorithm RS256, ES256 or EdDSA
   */
  public static TestKeys of(String algorithm, String kid) {
    try {
      KeyPairGenerator generator =
          KeyPairGenerator.getInstance(
              switch (algorithm) {
                case "RS256" -> "RSA";
                case "ES256" -> "EC";
                default -> "Ed25519";
              });
      if (algorithm.equals("ES256")) {
        generator.initialize(new ECGenParameterSpec("secp256r1"));
      } else if (algorithm.equals("RS256")) {
        generator.initialize(2048);
      }
      return new TestKeys(algorithm, kid, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  public static String set(TestKeys... keys) {
    JsonArray all = new JsonArray();
    Arrays.stream(keys).forEach(key -> all.add(key.jwk()));
    return JsonObject.of("keys", all).encode();
  }

  /** A JWT with these claims. */
  public String sign(JsonObject claims) {
    return sign(head(), claims);
  }

  public String head() {
    return JsonObject.of("alg", algorithm, "kid", kid).encode();
  }

  /** The same with another head. */
  public String sign(String head, JsonObject claims) {
    String how =
        switch (algorithm) {
          case "RS256" -> "SHA256withRSA";
          case "ES256" -> "SHA256withECDSAinP1363Format";
          default -> "Ed25519";
        };
    return sign(how, head, claims);
  }

  /**
   * @param how Java's name of the algorithm
   */
  public String sign(String how, String head, JsonObject claims) {
    String content = part(head.getBytes(StandardCharsets.UTF_8)) + "." + part(bytes(claims));
    try {
      Signature signature = Signature.getInstance(how);
      signature.initSign(pair.getPrivate());
      signature.update(content.getBytes(StandardCharsets.US_ASCII));
      return content + "." + part(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private JsonObject jwk() {
    JsonObject jwk = JsonObject.of("kid", kid, "use", "sig");
    if (pair.getPublic() instanceof RSAPublicKey rsa) {
      return jwk.put("kty", "RSA")
          .put("n", unsigned(rsa.getModulus(), 256))
          .put("e", unsigned(rsa.getPublicExponent(), 3));
    }
    if (pair.getPublic() instanceof ECPublicKey ec) {
      return jwk.put("kty", "EC")
          .put("crv", "P-256")
          .put("x", unsigned(ec.getW().getAffineX(), 32))
          .put("y", unsigned(ec.getW().getAffineY(), 32));
    }
    EdECPublicKey edwards = (EdECPublicKey) pair.getPublic();
    byte[] encoded = edwards.getEncoded();
    byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
    return jwk.put("kty", "OKP").put("crv", "Ed25519").put("x", part(point));
  }

  private static String unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] fixed = new byte[length];
    int from = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, from, fixed, length - (bytes.length - from), bytes.length - from);
    return part(fixed);
  }

  private static byte[] bytes(JsonObject json) {
    return json.encode().getBytes(StandardCharsets.UTF_8);
  }

  private static String part(byte[] bytes) {
    return ENCODER.encodeToString(bytes);
  }
}

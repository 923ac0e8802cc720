package io.ovation.config;

/**
 * The configuration can't be used. The message names the source, the key's path, what is wrong and
 * what is expected; it is meant for the operator as it is.
 */
public class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message, null, false, false);
  }
}

package io.ovation.packages;

/** A handler's word that a package can never be done: it is dead, and not tried again. */
public class PermanentFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PermanentFailure(String reason) {
    super(reason, null, false, false);
  }
}

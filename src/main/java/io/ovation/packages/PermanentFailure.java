package io.ovation.packages;

/** A handler fails with this when a package can never be done; it becomes dead. */
public class PermanentFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PermanentFailure(String reason) {
    super(reason, null, false, false);
  }
}

# Functions shared by the scripts in bin/. Sourced, not run.

# --help prints a script's first comment. Those that pass their arguments to the server leave it to that.
case ${0##*/} in
  start | dev) ;;
  *)
    if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
      awk 'NR > 1 { if (!sub(/^# ?/, "")) exit; print }' "bin/${0##*/}"
      exit 0
    fi
    ;;
esac

die() {
  echo "$*" >&2
  exit 1
}

# as_root command ...: runs the command as root; fails if that is not possible.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

can_install() {
  command -v apt-get >/dev/null && as_root true
}

# need "command:debian-package ..." ...: installs the packages of missing commands. Services in them are kept from
# starting: tests start their own servers on free ports.
need() {
  local missing=() pair
  for pair in "$@"; do
    # shellcheck disable=SC2206 # a command may need several packages
    found "${pair%%:*}" || missing+=(${pair#*:})
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! can_install; then
    die "Missing: ${missing[*]}
Install them as root, then run this again. On Debian or Ubuntu:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  fi
  echo "Installing ${missing[*]} ..." >&2
  as_root apt-get update -qq >&2
  without_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

java_version() {
  local version
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  echo "${version:-0}"
}

java_is_new_enough() {
  [ "$(java_version)" -ge 17 ] || die "Java 17 or newer is required; \`java\` is version $(java_version).
On Debian: apt-get install openjdk-17-jdk-headless, then update-alternatives --config java"
}

# A command, or a module of Debian's Python as python3/NAME. Daemons are in directories that may be missing from a user's
# PATH.
found() {
  case $1 in python3/*) /usr/bin/python3 -c "import ${1#python3/}" 2>/dev/null; return ;; esac
  PATH="$PATH:/usr/sbin:/usr/lib/rabbitmq/bin" command -v "$1" >/dev/null
}

# Debian starts a service when it is installed, unless this script forbids it (exit 101). An existing script is restored
# afterwards, also after a failure.
POLICY=/usr/sbin/policy-rc.d
without_services() {
  local kept="" status=0
  if [ -e "$POLICY" ]; then
    kept="$POLICY.ovation-kept"
    as_root mv "$POLICY" "$kept"
  fi
  trap "restore_policy '$kept'; exit 130" INT TERM
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
  "$@" || status=$?
  restore_policy "$kept"
  trap - INT TERM
  return $status
}

restore_policy() {
  if [ -n "$1" ]; then
    as_root mv "$1" "$POLICY"
  else
    as_root rm -f "$POLICY"
  fi
}

# Shortens Maven's output to one line per step.
progress() {
  sed -un 's/^\[INFO\] --- \([a-z-]*\):[^:]*:\([a-zA-Z-]*\).*/  \1 \2/p' >&2
}

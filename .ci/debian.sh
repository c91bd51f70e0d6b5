# Installs Debian's packages where something is missing; sourced by setup and tests/run.

# give_up MESSAGE
give_up() {
  echo "$0: $1" >&2
  exit 1
}

# debian_install PACKAGE; at run level 1 a server that it brings is not started
debian_install() {
  command -v apt-get >/dev/null ||
    give_up "$1 is missing and there is no apt-get here. Install $1 by hand, then run this again."
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      give_up "$1 is missing. As root, run: apt-get install $1. Then run this again."
    as_root=sudo
  fi
  echo "Installing Debian's $1." >&2
  $as_root apt-get update -qq >&2 &&
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
      apt-get install -qq -y --no-install-recommends "$1" >&2 ||
    give_up "apt-get could not install $1. Its reason stands above; mend it, then run this again."
}

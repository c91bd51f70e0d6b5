# Puts temporary files into memory where there is room and files may be run; sourced by tests/run.
# A test run writes tens of thousands of small files, and would wait for the disk a fifth of its time.

memory=/dev/shm
enough=4000000 # KiB

has_room() {
  [ -w "$memory" ] && [ "$(df -k --output=avail "$memory" | tail -n 1)" -gt "$enough" ]
}

runs_files() {
  printf '#!/bin/sh\n' >"$1/runs"
  chmod +x "$1/runs"
  "$1/runs" 2>/dev/null
}

if has_room 2>/dev/null; then
  place=$(mktemp -d "$memory/syncd-tests-XXXXXX")
  chmod 755 "$place" # some tests run as a user who owns nothing of it
  trap 'rm -rf "$place"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if runs_files "$place"; then
    export TMPDIR="$place"
  fi
fi

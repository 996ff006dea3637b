#!/usr/bin/env bash
# Installs what `make test-all` needs beside Python: the Debian packages that are missing, and nothing else.
set -euo pipefail

packages=(
  radosgw ceph-mon ceph-osd        # a real S3 server: Ceph's gateway, a monitor and a store
  postgresql                       # Dagster's database in production
  redis-server                     # the request budget that several machines share
  nginx-light apache2-utils curl   # the proxy of deploy/, its passwords, and its health check
  chromium fonts-dejavu-core       # looks at the Dagster UI
  strace                           # kills a process at the system call that was asked for
  default-jre-headless             # Spark, for its part of docs/querying.md
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "As root: apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]}."
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

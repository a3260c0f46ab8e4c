#!/bin/sh
# Chromium and a CJK font for the browser tests, wrk for the benchmarks: through apt where that is allowed.
set -eu

missing=""
command -v "${CHROMIUM:-chromium}" >/dev/null 2>&1 || missing="$missing chromium"
[ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ] || missing="$missing fonts-noto-cjk fontconfig"
command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then as=""; elif sudo -n true 2>/dev/null; then as="sudo"; else as="none"; fi
    if [ "$as" != none ]; then
        echo "Installing$missing"
        $as apt-get update -qq >/dev/null
        DEBIAN_FRONTEND=noninteractive $as apt-get install -y -qq --no-install-recommends $missing >/dev/null
        exit 0
    fi
fi
echo "Please install:$missing (Debian's names; Chromium may also be named by CHROMIUM=/path/to/chromium)" >&2
exit 1

#!/usr/bin/env bash
# The browser of the browser tests, from Debian: Chromium, and a font for Chinese so that pictures of pages can be
# looked at. Does nothing where both are there; fails, saying why, where they cannot be had.
set -euo pipefail

has_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn family)" ]; }
if command -v chromium >/dev/null && has_font; then exit 0; fi

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "Chromium and a Chinese font are needed for tests/browser: install chromium and fonts-wqy-microhei." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-wqy-microhei fontconfig >/dev/null

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_page.sh numbers|browser FOLDER: results/index.html by its numbers, or in headless Chromium, with pictures of it in
# FOLDER.
. "$(dirname "$0")/../shell.sh"
export LC_ALL=C
here=$root/tests/bench
command -v node >/dev/null || skip "there is no node (Debian: nodejs)."
if [[ $1 == numbers ]]; then
    node "$here/page_numbers.mjs" "$root/results/index.html" "$root/bench/html/template/page.html" "$root"/results/*.json
    exit
fi
command -v chromium >/dev/null && command -v chromedriver >/dev/null ||
    skip "there is no Chromium that can be driven (Debian: chromium, chromium-driver)."
node "$here/page_browser.mjs" "$root/results/index.html" "$2"

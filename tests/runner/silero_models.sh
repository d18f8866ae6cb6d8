# SPDX-License-Identifier: MIT
# The voice-activity models inside npm's package @ricky0123/vad-web, and ONNX Runtime: fetched into
# `folder` once; sets `models`, where they lie. Sourced after shell.sh.
command -v npm >/dev/null && command -v node >/dev/null || skip "npm and node are not here."
mkdir -p "$folder"
for package in @ricky0123/vad-web@0.0.31 onnxruntime-node@1.30.0; do
    name=${package%@*}
    [[ -d $folder/node_modules/$name ]] ||
        timeout 600 npm install --ignore-scripts --no-audit --no-fund --no-save --legacy-peer-deps \
            --prefix "$folder" @ricky0123/vad-web@0.0.31 onnxruntime-node@1.30.0 \
            >"$folder/npm.log" 2>&1 || skip "the registry of npm does not give $package."
done
models=$folder/node_modules/@ricky0123/vad-web/dist
export NODE_PATH=$folder/node_modules

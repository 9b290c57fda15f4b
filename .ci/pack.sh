#!/usr/bin/env bash
# The package as a user gets it: packed, looked at, installed into an empty folder, imported, required, run.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
tarball=$temp/$(npm pack --silent --ignore-scripts --pack-destination "$temp")
npx publint --strict "$tarball"
npx attw --profile esm-only --format ascii "$tarball"
echo "packed: $(du -k "$tarball" | cut -f1) KiB, $(tar -tzf "$tarball" | wc -l) files"
mkdir "$temp/user" && cd "$temp/user"
echo '{ "name": "user", "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --silent --ignore-scripts --prefer-offline "$tarball"
cat > use.mjs <<'JS'
import { createNode } from 'bellwether';
import { planOf, runPlan } from 'bellwether/sim';
import { createRequire } from 'node:module';
const required = createRequire(import.meta.url)('bellwether');
if (required.createNode !== createNode) throw new Error('require and import give two libraries');
const node = await createNode({ name: 'only', bind: '127.0.0.1:0', preset: 'loopback', voters: ['only'] });
const lease = await node.campaign('job');
lease.assertHeld();
await lease.release();
await node.close();
if (runPlan(planOf(1)).verdict !== 'pass') throw new Error('the simulator does not pass');
console.log(`installed: led in term ${lease.term}, simulated a run`);
JS
node use.mjs
npx bellwether --help > /dev/null
npx bellwether sim run --seed 3 | tail -1
cd "$root"

// Bundles src/ into ../bundle/ (`npm run build`), or test/ into build/test/ (`node build.mjs --tests`). The result
// depends on the sources and the lock file only: it holds no times, no paths and no source maps.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const SHARED = { absWorkingDir: HERE, bundle: true, target: "es2022", charset: "utf8", metafile: true, write: false };

// Each worker is text inside the script that starts it: a worker from a blob needs no address of its own.
const WORKERS = {
  name: "workers",
  setup(builder) {
    builder.onResolve({ filter: /^worker:/ }, ({ path }) => ({ path: path.slice(7), namespace: "worker" }));
    builder.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      // Classic, not a module: LiteRT loads its own script by importScripts.
      const made = await build({ ...SHARED, entryPoints: [join("src", path)], format: "iife", minify: true });
      PACKAGES.push(...packagesOf(made.metafile));
      return { contents: made.outputFiles[0].text, loader: "text" };
    });
  },
};

const TEXTS = { plugins: [WORKERS], loader: { ".css": "text", ".html": "text" } };

/** The entry points: name of the bundle -> its module. */
const BUNDLES = {
  device_probe: "src/probe.ts",
  live: "src/live/component.ts",
  slow: "src/slow/component.ts",
};

/** The licences that may be bundled: both ask for no more than the notice that is written beside the bundles. */
const LICENCES = ["Apache-2.0", "MIT"];
const PACKAGES = [];

function packagesOf({ inputs }) {
  const names = Object.keys(inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return names.filter(Boolean);
}

function notice(names) {
  const lines = [...new Set(names)].sort().map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(HERE, "node_modules", name, "package.json"), "utf8"));
    if (!LICENCES.includes(license)) throw new Error(`${name} has the licence ${license}; allowed: ${LICENCES}`);
    return `${name} ${version}, ${license}`;
  });
  return [
    "The scripts of this folder contain code of these packages, bundled and minified, otherwise unchanged.",
    "@litertjs is Copyright Google LLC; the text of its licence is in LICENSE-Apache-2.0.txt.",
    "",
    ...lines,
    "",
  ].join("\n");
}

async function bundle(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, entry] of Object.entries(BUNDLES)) {
    const made = await build({
      ...SHARED, ...TEXTS, entryPoints: [entry], format: "esm", minify: true,
      banner: { js: "// Made of pages/parts/device/web by `npm run build`; licences of what it contains: NOTICE.txt" },
    });
    PACKAGES.push(...packagesOf(made.metafile));
    writeFileSync(join(folder, `${name}.js`), made.outputFiles[0].contents);
  }
  writeFileSync(join(folder, "NOTICE.txt"), notice(PACKAGES));
}

async function bundleTests(folder) {
  const names = readdirSync(join(HERE, "test"), { recursive: true }).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...SHARED, ...TEXTS, write: true, platform: "node", format: "esm", outdir: folder, outExtension: { ".js": ".mjs" },
    entryPoints: names.map((name) => ({ in: join("test", name), out: name.replace(/\.ts$/, "").replaceAll("/", "-") })),
  });
}

const out = process.argv.indexOf("--out");
if (process.argv.includes("--tests")) await bundleTests(join(HERE, "build", "test"));
else await bundle(resolve(out > 0 ? process.argv[out + 1] : join(HERE, "..", "bundle")));

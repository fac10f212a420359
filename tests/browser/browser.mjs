// What the checks and the screenshots share: the browser that xtask installed, and the pages to open.

import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";

const tools = process.env.DAYONE_TOOLS;
if (!tools || !existsSync(join(tools, "browser", "package.json"))) {
  console.error("DAYONE_TOOLS does not point at installed tools; run `cargo xtask tools` and set it to the folder `.tools`");
  process.exit(2);
}
const folder = join(resolve(tools), "browser");

/** Loads a package from the folder that xtask installed it in. */
export const require = createRequire(join(folder, "package.json"));

/** The widths at which pages must read well: a desk and a phone. */
export const WIDTHS = [1280, 390];

/** Starts the browser. It has no business on the network: the pages are files. */
export async function launch() {
  const { chromium } = require("playwright-core");
  const home = join(folder, "chromium");
  // The sandbox needs user namespaces, which root and most containers lack; only the project's own pages are opened.
  const args = [
    "--no-sandbox",
    "--no-zygote",
    // Drawing without any GL now and then fails to give a picture; SwiftShader draws on the CPU and does not.
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
  ];
  return chromium.launch({
    executablePath: join(home, "chromium"),
    args,
    env: {
      ...process.env,
      FONTCONFIG_PATH: join(home, "fonts"),
      LD_LIBRARY_PATH: [join(home, "al2023", "lib"), process.env.LD_LIBRARY_PATH].filter(Boolean).join(":"),
    },
  });
}

/** The HTML pages named by `paths`: files as they are, folders with all that they hold, in order of name. */
export function pages(paths) {
  const found = paths.flatMap((path) => {
    const absolute = resolve(path);
    if (!existsSync(absolute)) {
      console.error(`there is no ${path}`);
      process.exit(2);
    }
    if (!statSync(absolute).isDirectory()) return [{ file: absolute, name: relative(resolve(absolute, ".."), absolute) }];
    return readdirSync(absolute, { recursive: true })
      .filter((name) => name.endsWith(".html"))
      .sort()
      .map((name) => ({ file: join(absolute, name), name }));
  });
  if (found.length === 0) {
    console.error(`no HTML page in ${paths.join(", ")}`);
    process.exit(2);
  }
  return found;
}

// Unpacks the browser that the package @sparticuz/chromium ships into FOLDER/chromium, with the libraries and
// the font that it needs where the machine has none.
//
//   node unpack.mjs FOLDER        (FOLDER holds node_modules)

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2]);
const target = join(folder, "chromium");
rmSync(target, { recursive: true, force: true });
mkdirSync(target);

// The package unpacks into the temporary folder, and brings its libraries only where it believes to be in
// the cloud: both are told by these variables.
process.env.TMPDIR = target;
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs20.x";
const require = createRequire(join(folder, "package.json"));
await require("@sparticuz/chromium").executablePath();

// One font on every machine. Of the machine's own only the family with arrows and check marks, which that font
// lacks, is let in: others would stand in for it here and not there.
writeFileSync(
  join(target, "fonts", "fonts.conf"),
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(target, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(target, "fonts-cache")}</cachedir>
  <selectfont>
    <rejectfont><pattern><patelt name="scalable"><bool>true</bool></patelt></pattern></rejectfont>
    <acceptfont><pattern><patelt name="family"><string>Open Sans</string></patelt></pattern></acceptfont>
    <acceptfont><pattern><patelt name="family"><string>DejaVu Sans</string></patelt></pattern></acceptfont>
  </selectfont>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`,
);

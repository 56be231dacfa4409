// The arrows of docs/ARCHITECTURE.md. Each folder names what it may import; everything else is forbidden.
const arrows = {
  shared: [],
  dotenv: ["shared"],
  lint: ["dotenv", "shared"],
  code: ["dotenv", "shared"],
  protocol: ["shared"],
  commit: ["protocol", "shared"],
  crypto: ["protocol", "shared"],
  drivers: ["crypto", "commit", "protocol", "shared"],
  peer: ["commit", "dotenv", "crypto", "protocol", "shared"],
  runtime: ["peer", "drivers", "commit", "crypto", "dotenv", "protocol", "shared"],
  coordinator: ["runtime", "protocol", "shared"],
  cli: ["runtime", "peer", "commit", "lint", "dotenv", "protocol", "shared"],
  extension: ["runtime", "peer", "commit", "lint", "code", "dotenv", "protocol", "shared"],
};

const arrowRules = Object.entries(arrows).map(([folder, allowed]) => ({
  name: `arrows-of-${folder}`,
  comment: `src/${folder} imports ${allowed.length === 0 ? "no other folder" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: `^src/(${[folder, ...allowed].join("|")})/` },
}));

const pureFolders = "^src/(dotenv|lint|code|protocol|commit|shared)/";

module.exports = {
  forbidden: [
    ...arrowRules,
    {
      name: "vscode-in-extension-only",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/extension/" },
      to: { path: "^vscode$" },
    },
    {
      name: "pure-folders-have-no-effects",
      comment: "node:crypto's createHash is a pure function; protocol/record.ts chains records with it.",
      severity: "error",
      from: { path: pureFolders },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "crypto-is-pure-but-for-node-crypto",
      severity: "error",
      from: { path: "^src/crypto/" },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?(crypto|buffer)$" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true, pathNot: "^vscode$" } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
};

import { describe, expect, it } from "vitest";
import { type CodeFamily, mayName } from "../../src/code/languages.ts";
import { scanCode } from "../../src/code/scan.ts";
import { check, table } from "./code-marks.ts";

table("javascript", [
  "process.env.‹X›",
  "foo(process.env.‹DATABASE_URL›, process.env.‹PORT|d› ?? 3000)",
  "process.env[\"‹X›\"]; process.env['‹Y›']; process.env[`‹Z›`]",
  "process?.env?.‹X|d›?.trim()",
  'process.env?.["‹X›"]',
  "process\n  .env\n  .‹X›",
  "process /* a */ .env // b\n  .‹X›",
  "process.env.‹X|d› || 'd'",
  "Number(process.env.‹PORT|d›) || 3000",
  "parseInt(process.env.‹PORT|d›, 10) || 3000",
  "process.env.‹X|d› ? a : b",
  "process.env.‹X›! + 1",
  "if (process.env.‹X› === 'a') {}",
  "process.env.‹X|w› = 'a'",
  "process.env.‹X|w› ??= 'a'",
  "delete process.env.‹X|w›",
  '"‹X|m›" in process.env',
  "const { ‹X›, ‹Y|d›: y = 'a,b', ...rest } = process.env",
  "const { ‹X|d› = '}', ‹Y›: { length }, '‹Z›': z } = process.env;",
  "function start({ ‹HOST›, ‹PORT|d› = f(1, 2) } = process.env) {}",
  "const { X } = other; process.env.‹Y›",
  "const env = process.env;\nenv.‹X›; env['‹Y|d›'] ?? 1; other.env.X",
  "import { env } from 'node:process'; env.‹X›",
  "import process, { env as variables } from 'process'; variables.‹X›",
  "const { env } = process; env.‹X›",
  'import { ‹X›, ‹Y› as y } from "$env/static/private"',
  "import { env } from '$env/dynamic/public'; env.‹PUBLIC_X›",
  "import { X } from './env'; X",
  "import.meta.env.‹VITE_X›; import.meta.env['‹VITE_Y›']; import.meta.url",
  'Deno.env.get("‹X›"); Deno.env.has("‹Y|m›"); Deno.env.get("‹Z|d›") ?? 1; Deno.env.set("‹W|w›", "1")',
  "Bun.env.‹X›; Bun.env['‹Y|d›'] || 1",
  "globalThis.process.env.‹X›; my.process.env.Y; $process.env.Z; reprocess.env.W",
  "process.envX.Y; process.env; process.env[key]; process.env['A' + b]; process.env[`A${b}`]",
  "need('‹X|m›'); `‹Y|m›`; ['a b', '1A', `A${b}`, '']; // 'Z'\nconst need = (name) => process.env[name]; need(\"‹W|m›\")",
  "const env = process.env; env[name]; f(env.‹X›, \"‹Y|m›\", 'A_' + b, b + /* - */ '_A')",
  "pick(process.env, ['‹X|m›', '‹Y|m›'])",
  "import { env } from 'node:process'; env.‹X›; f('Y')",
  "need('X'); process.env.‹Y›; other[name]; other.env[name]",
  "Deno.env.get(name); f('‹X|m›')",
  "// process.env.X\n/* process.env.Y\n process.env.Z */ process.env.‹W›",
  "'process.env.X' + \"process.env.Y\" + `process.env.Z`",
  "'it\\'s process.env.X' + process.env.‹Y›",
  "`a ${process.env.‹X›} b ${`c ${process.env.‹Y|d› ?? `d`} process.env.Z`} ${{ a: { b: 1 } }} process.env.W`; process.env.‹V›",
  "const a = /'/; process.env.‹X›; const b = /[/'\"]/g; process.env.‹Y›",
  "a / b; process.env.‹X› / 2; c / '/ process.env.Y'",
  "return /process.env.X/.test(s) && process.env.‹Y›",
  "x = y /* ' */ / 2; process.env.‹Z›",
  "s.replace(/\\/\\//, '') // process.env.X\nprocess.env.‹Y›",
  "if (a) {}\n/'/.test(b); process.env.‹X›",
  "<p title={process.env.‹X›}>Don't</p>\n<br />{process.env.‹Y›}",
  "<p>Don't {process.env.‹X›}</p>",
  "const a = <T,>(x: T) => process.env.‹X› as string;",
  "const x: Record<'process.env.X', string> = {}",
  "process.env.\n",
  "const schema = z.object({ ‹DATABASE_URL|m›: z.string(), port: 'PORT: 1' }); // HOST: a\nschema.parse(process.env)",
  "const { ‹A_B›: a } = process.env; f(process.env, { ‹HOST|m›: process.env.‹HOST› })",
  "const schema = z.object({ DATABASE_URL: z.string() }); schema.parse(env); process.env.‹X›",
  "'unclosed process.env.‹X›\nprocess.env.‹Y›",
]);

table("markup", [
  '<template><p>Don\'t process.env.X</p></template>\n<script setup lang="ts">\nconst a = import.meta.env.‹VITE_X›\n</script>',
  "---\nconst a = import.meta.env.‹X›;\n---\n<p>import.meta.env.Y</p>",
  "<script>\nimport { ‹A› } from '$env/static/public';\n</script>\n<script module>Bun.env.‹B›</script>",
]);

table("python", [
  "import os\nos.environ['‹X›']\nos.environ[\"‹Y›\"]",
  "os.environ.get('‹X›'); os.environ.get('‹Y|d›', 'd'); os.environ.get(\n  '‹Z›',\n)",
  "os.getenv('‹X›'); os.getenv('‹Y|d›', None); os.getenv('‹Z|d›') or 'd'",
  "int(os.getenv('‹PORT|d›') or 3000)",
  "os.environ['‹X|w›'] = 'a'; del os.environ['‹Y|w›']; os.environ.setdefault('‹Z|w›', 'b')",
  "if os.environ['‹X›'] == 'a': pass",
  "if '‹X|m›' in os.environ and \"‹Y|m›\" not in os.environ: pass",
  "from os import environ, getenv\nenviron['‹X›']; getenv('‹Y›'); other.environ['Z']",
  "from os import (\n  environ as e,\n  getenv as g,\n)\ne['‹X›']; g('‹Y|d›', 1); environ['Z']",
  "environ['X']; getenv('Y'); my.environ['Z']; self.getenv('W')",
  "env = os.environ\nenv['‹X›']; env.get('‹Y|d›', 1)",
  "# os.environ['X']\nos.environ['‹Y›']  # os.environ['Z']",
  "'''os.environ[\"X\"]\n'''; \"\"\"a ' os.getenv('Y') \"\"\"; os.getenv('‹Z›')",
  "\"os.environ['X']\"; r'os.getenv(\"Y\")\\'; os.getenv('‹Z›')".replace("\\'; ", "'; "),
  "f\"a {os.environ['‹X›']} {{os.environ['Y']}} {a:>{os.getenv('‹W›')}}\" + os.getenv('‹Z›')",
  "rf'''{os.getenv(\"‹X›\")}\n{os.getenv('‹Y›')}'''",
  "os.environ['A' + b]; os.environ[name]; os.environ",
  "os.environ['‹A|m›' '‹B|m›']",
  "def need(name):\n  return os.environ[name]\nX = need('‹X|m›'); Y = need(f\"A_{b}\"); Z = need('a b')  # 'W'",
  "f('‹X|m›'); os.getenv(name)",
  "f('X'); os.getenv('‹Y›'); other[name]; getenv(name)",
  "it = \"don't\"; os.getenv('‹X›')",
  "from decouple import Csv, config\nconfig('‹X›'); config('‹Y|d›', default=1, cast=int); my.config('Z')",
  "env = environ.Env(DEBUG=(bool, False))\nenv('‹X›'); env.bool('‹Y|d›', default=True)",
  "class Settings(BaseSettings):\n    ‹database_url|m›: str\n    ‹port|m›: int = 3000\n\n    def f(self):\n        return 1",
  "import sys, os as system\nsystem.environ['‹X›']; other.environ['Y']",
]);

table("go", [
  'os.Getenv("‹X›"); v, ok := os.LookupEnv("‹Y|d›"); os.Getenv(`‹Z›`)',
  'os.Setenv("‹X|w›", "1"); my.os.Getenvs("B")',
  'os.Getenv(name); os.Getenv("A" + b); must("‹X|m›"); must(`‹Y|m›`)',
  '// os.Getenv("X")\n/* os.Getenv("Y") */ os.Getenv("‹Z›")',
  's := `a " os.Getenv("X")\n`; r := \'"\'; os.Getenv("‹Y›"); t := "\\"os.Getenv(\'Z\')"',
]);

table("ruby", [
  "ENV['‹X›']; ENV[\"‹Y›\"]; ENV.fetch('‹Z›'); ENV.fetch '‹W›'",
  "ENV['‹X|d›'] || 'd'; ENV.fetch('‹Y|d›', 'd'); ENV.fetch('‹Z|d›') { 'd' }; ENV.fetch '‹W|d›', 1",
  "ENV['‹X|w›'] = 'a'; ENV['‹Y|w›'] ||= 'b'; ENV.delete('‹Z|w›'); ENV.key?('‹W|m›')",
  "ENV['‹X›'] == 'a'; ENV['‹Y|d›'].to_i || 3; ENV['‹Z|d›'] ? 1 : 2",
  "ENV.values_at('‹X›', '‹Y›')",
  "# ENV['X']\n=begin\nENV['Y']\n=end\nENV['‹Z›']\n__END__\nENV['W']",
  "\"a #{ENV['‹X›']} ENV['Y']\" + 'ENV[\"Z\"] #{ENV[\"W\"]}'",
  "a = <<~TEXT + ENV['‹R›']\n  don't ENV['X'] #{ENV['‹Y›']}\n  TEXT\nENV['‹Z›']",
  "a = <<-'TEXT'\n  #{ENV['X']}\n  TEXT\nENV['‹Y›']",
  "list << ENV['‹X›']; x = /it's/; ENV['‹Y›']; a / b; ENV['‹Z›']",
  "%w[a b' c]; %q(it's); ENV['‹X›']; 5 %2; ENV['‹Y›']",
  "MY_ENV['X']; my.ENV['Y']; ENV; ::ENV['‹Z›']",
  "ENV[name]; ENV.fetch(name); need('‹X|m›'); need \"‹Y|m›\"; <<~A + f('‹Z|m›')\n 'B'\nA\n",
  "%q(it's (one) don't); ENV['‹X›']; %Q(a (b) ENV['Y'] #{ENV['‹Z›']} (c #{1}) ENV['V'])",
  "f(<<~ONE, <<~TWO, ENV['‹X›'])\n  it's ENV['Y']\nONE\n  don't ENV['Z'] #{ENV['‹W›']}\nTWO\nENV['‹V›']",
]);

table("php", [
  "<?php getenv('‹X›'); getenv(\"‹Y|d›\") ?: 'd'; $_ENV['‹Z›']; $_ENV['‹W|d›'] ?? 1;",
  "<?php env('‹X›'); env('‹Y|d›', 'd'); $_SERVER['‹Z|m›']; putenv('‹W|w›=1'); $_ENV['‹V|w›'] = 1;",
  "getenv('X') <?= getenv('‹Y›') ?> getenv('Z') <?php // getenv('W') ?> getenv('V') <?php env('‹U›');",
  "<?php # getenv('X')\n/* env('Y') */ $a->env('Z'); A::getenv('W'); function env('V') {} $env('U'); myenv('T');",
  "<?php 'getenv(\"X\")'; \"a {$_ENV['‹Y›']} getenv('Z') $b\"; getenv('‹W›');",
  "<?php $a = <<<EOT\nit's getenv('X')\nEOT;\ngetenv('‹Y›');",
  "<?php #[Attribute('it')]\ngetenv('‹X›');",
  "<?php function need($a) { return getenv($a); } need('‹X|m›'); need(\"A_{$b}\"); // need('Y')",
  "<?php $a = <<<EOT\nit's {$_ENV['‹X›']} getenv('Y')\n  EOT . getenv('‹Z›');\n$b = <<<'EOT'\n{$_ENV['W']}\nEOT;\n$c = <<<E\nE;\ngetenv('‹V›');",
]);

table("java", [
  'System.getenv("‹X›"); System.getenv().get("‹Y›"); System.getenv().getOrDefault("‹Z|d›", "d");',
  'System.getenv(name); need("‹X|m›");',
  '// System.getenv("X")\n/* System.getenv("Y") */ char c = \'"\'; System.getenv("‹Z›");',
  'var t = """\n  a " System.getenv("X")\n  """; "System.getenv(\'Y\')"; "${System.getenv()}"; System.getenv("‹Z›");',
]);

table("kotlin", [
  'val a = System.getenv("‹X|d›") ?: "d"; System.getenv()["‹Y›"]; "a ${System.getenv("‹Z›")} System.getenv(W)"',
  '/* a /* b */ System.getenv("X") */ System.getenv("‹Y›")',
  'val t = """a ${System.getenv("‹X›")} \\"""; System.getenv("‹Y›")',
  'System.getenv("‹X|d›")?.trim()?.toInt() ?: 1; System.getenv().getValue("‹Y›")',
]);

table("rust", [
  'env::var("‹X›").unwrap(); std::env::var("‹Y|d›").unwrap_or_default(); env::var_os("‹Z›")',
  'env!("‹X›"); option_env!("‹Y|d›"); std::env::set_var("‹Z|w›", "1"); env::var("‹W|d›").ok()',
  'use std::env::var;\nvar("‹X›"); self.var("Y")',
  'dotenvy::var("‹X›")',
  'var("X"); my_env!("Y"); env::vars()',
  'fn need(name: &str) { env::var(name) } need("‹X|m›")',
  "fn f<'a>(x: &'a str) { env::var(\"‹X›\") } let c = '\"'; let d = '\\''; env::var(\"‹Y›\")",
  '// env::var("X")\n/* /* */ env::var("Y") */ let s = r#"a " env::var("Z")"#; env::var("‹W›")',
  'if let Ok(x) = env::var("‹X|d›") {} let Ok(y) = std::env::var("‹Y|d›") else { return }; match env::var("‹Z|d›") {} f(env::var("‹W›"))',
]);

table("csharp", [
  'Environment.GetEnvironmentVariable("‹X›"); Environment.GetEnvironmentVariable("‹Y|d›") ?? "d";',
  'Environment.GetEnvironmentVariable(name); Need("‹X|m›"); Need($"A_{b}");',
  'Environment.GetEnvironmentVariable(@"‹X›"); Environment.SetEnvironmentVariable("‹Y|w›", "1");',
  '// GetEnvironmentVariable("X")\nvar s = @"a\\"; GetEnvironmentVariable("‹Y›"); var t = @"b "" GetEnvironmentVariable(""Z"")";',
  '$"a {Environment.GetEnvironmentVariable("‹X›")} {{GetEnvironmentVariable}}"; """GetEnvironmentVariable("Y")"""; \'"\'; GetEnvironmentVariable("‹Z›")',
  'var a = $$"""{GetEnvironmentVariable("X")} {{GetEnvironmentVariable("‹Y›")}}"""; $"""{GetEnvironmentVariable("‹Z›")}"""; GetEnvironmentVariable("‹W›")',
]);

table("prisma", ['datasource db {\n  url = env("‹DATABASE_URL›") // env("X")\n  a = "env(Y)"\n}']);

table("shell", [
  "echo $‹X› ${‹Y›} \"$‹Z›\" '$W' \\$V ${‹U|d›:-d} ${‹T|d›-d} ${‹S›:?needed} ${#‹R›}",
  'a=1\necho $a ${a:-x}\necho "$‹HOME›"',
  'X="${X}"'.replace("${X}", "${‹X›}").replace("X=", "‹X|w›="),
  "export ‹X|w›=1\nnode app.js # $Y\necho $‹X|m›",
  "export ‹X|m›\nfor f in a b; do echo $f; done; read -r line; echo $line; local v; echo $v",
  "cat <<EOF\nit's ${‹X›} \\$Y\nEOF\necho $‹Z›",
  "cat <<'EOF'\n$X\nEOF\necho $‹Y›",
  'echo "$(cat "$‹X›" | grep \'$Y\')" $(( $‹Z› + 1 )) $1 $@ $? $$',
  'make CC=gcc --flag=x; [[ $‹X› == y ]]; echo ${‹A|d›:-${‹B›}} "it\'s $‹C›"',
  "echo $‹lower|m› $'it\\'s $X' a#b $‹Y›",
]);

table("compose", [
  "image: a:${‹TAG|d›:-latest} # ${X}\ncommand: echo $$Y $‹Z› '${‹W›:?no}' \"a # ${‹V|d›-1}\"",
  "services:\n  a:\n    environment:\n      - ‹X|m›\n      - ‹Y|m›=${‹Y›}\n      # - Z\n    ports:\n      - A=1",
  "    environment:\n      ‹X|m›: ${‹X|d›:-1}\n      ‹Y|m›:\n    image: b\n    build:\n      args:\n      - ‹Z|m›=1\n    labels:\n      W: 1",
]);

table("dockerfile", [
  'FROM a\nARG ‹X|m›\nARG ‹Y|m›=1\nENV ‹Z|m›=$‹X|m› ‹W|m›="a V=b"\nRUN echo ${‹Y|m›} $HOME # $‹X|m›\n# ARG U',
  'ARG A"A"',
  "ENV ‹X|m› some text\nENV ‹A|m›=1 \\\n    ‹B|m›=2\nRUN C=1",
]);

describe("mayName", () => {
  it("lets every file pass in which something is found, and few others", () => {
    for (const [family, text, expected] of [
      ["javascript", "process.env.A", true],
      ["javascript", "// the environment", false],
      ["javascript", "// the environment\nimport { env } from 'process'; // of the environment", true],
      ["javascript", "env", true],
      ["python", "os.environ['A'] # environment", true],
      ["python", "# environment", false],
      ["go", 'os.Args; os.LookupEnv("A")', true],
      ["go", "os.Args; os.Environ()", false],
      ["rust", "dotenvy::var", true],
      ["shell", "", true],
    ] as const) {
      expect(mayName(Buffer.from(text), family), `${family}: ${text}`).toBe(expected);
    }
  });
});

describe("scanCode", () => {
  it("finds names that are still being typed when asked to", () => {
    const typed = (family: CodeFamily, text: string) =>
      scanCode(text, family, { incomplete: true }).usages.map(({ name, nameSpan }) => [name, nameSpan.start]);
    expect(typed("javascript", "process.env.")).toEqual([["", 12]]);
    expect(typed("javascript", "process.env.\nfoo()")).toEqual([["", 12]]);
    expect(typed("javascript", 'process.env["')).toEqual([["", 13]]);
    expect(typed("javascript", "const {  } = process.env")).toEqual([]);
    expect(typed("javascript", "const env = process.env;\nenv.\nf()")).toEqual([["", 29]]);
    expect(typed("javascript", "const { A,  }: E = process.env")).toEqual([["A", 8]]);
    expect(typed("python", 'os.environ["DA')).toEqual([["DA", 12]]);
    expect(typed("ruby", 'ENV[""]')).toEqual([["", 5]]);
    expect(typed("go", 'os.Getenv("")')).toEqual([["", 11]]);
    expect(typed("shell", "echo ${}")).toEqual([["", 7]]);
    expect(typed("compose", "a: ${")).toEqual([["", 5]]);
  });

  it("takes names of strings that dotenv can read, and no longer ones", () => {
    check("javascript", `process.env["‹a.b-c›"]; process.env["a b"]; process.env["${"A".repeat(257)}"]`);
  });
});

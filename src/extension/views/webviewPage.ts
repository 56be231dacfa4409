/** Pure: the frame of a webview page. Nothing is loaded but the extension's own style and script. */

export interface PageParts {
  readonly title: string;
  /** Source expression of the webview's own resources. */
  readonly cspSource: string;
  /** Made anew for every page. */
  readonly nonce: string;
  readonly styleUri: string;
  /** Style of this page alone, on top of the common one. */
  readonly ownStyleUri?: string | undefined;
  readonly scriptUri: string;
  /** HTML of the page's main part. */
  readonly body: string;
}

/** A whole page: without inline style or script, and without any way to the network. */
export function webviewPage(parts: PageParts): string {
  const { title, cspSource, nonce, styleUri, ownStyleUri, scriptUri, body } = parts;
  const styles = [styleUri, ...(ownStyleUri === undefined ? [] : [ownStyleUri])];
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
${styles.map((uri) => `<link rel="stylesheet" href="${escapeHtml(uri)}">`).join("\n")}
<title>${escapeHtml(title)}</title>
</head>
<body>
<main id="main">${body}</main>
<script type="module" nonce="${nonce}" src="${escapeHtml(scriptUri)}"></script>
</body>
</html>`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML text or attribute value: names come from other people, and nothing in them may become markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

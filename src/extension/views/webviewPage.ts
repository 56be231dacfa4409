/** Pure: the frame of a webview page. Nothing is loaded but the extension's own style and script. */

export interface PageParts {
  readonly title: string;
  /** Source expression of the webview's own resources. */
  readonly cspSource: string;
  /** Made anew for every page. */
  readonly nonce: string;
  readonly styleUri: string;
  readonly scriptUri: string;
  /** HTML of the page's main part. */
  readonly body: string;
}

/** A whole page: without inline style or script, and without any way to the network. */
export function webviewPage({ title, cspSource, nonce, styleUri, scriptUri, body }: PageParts): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${escapeHtml(styleUri)}">
<title>${escapeHtml(title)}</title>
</head>
<body>
<main id="main">${body}</main>
<script nonce="${nonce}" src="${escapeHtml(scriptUri)}"></script>
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

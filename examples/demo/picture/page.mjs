// A comment's Markdown as a page that looks as GitHub shows it: node page.mjs COMMENT.md NODE_MODULES WIDTH OPENED >PAGE.html
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [comment, modules, width, opened] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/x`));
const style = (name) => readFileSync(`${modules}/${name}`, "utf8");
const MarkdownIt = require("markdown-it");
const alerts = (await import(pathToFileURL(require.resolve("markdown-it-github-alerts")))).default;

// What GitHub allows of HTML: https://github.github.com/gfm/, html-pipeline's list; everything of ours is on it.
const markdown = new MarkdownIt({ html: true, linkify: true }).use(alerts);
const escape = markdown.utils.escapeHtml;
const LINES = { "+": "added", "-": "removed", "#": "said", "!": "changed" };
const fence = markdown.renderer.rules.fence;
markdown.renderer.rules.fence = (tokens, index, ...rest) => {
  const { info, content } = tokens[index];
  if (info === "mermaid") return `<pre class="mermaid">${escape(content)}</pre>`;
  if (info !== "diff") return fence(tokens, index, ...rest);
  const line = (text) => `<span class="${LINES[text[0]] ?? ""}">${escape(text)}</span>`;
  return `<pre><code>${content.trimEnd().split("\n").map(line).join("\n")}</code></pre>`;
};

let left = Number(opened);
const body = markdown
  .render(readFileSync(comment, "utf8"))
  .replace(/<details>/g, (found) => (left-- > 0 ? "<details open>" : found));

process.stdout.write(`<!doctype html>
<html><head><meta charset="utf-8"><title>drawing</title>
<style>${style("github-markdown-css/github-markdown-light.css")}</style>
<style>${style("markdown-it-github-alerts/styles/github-colors-light.css")}
${style("markdown-it-github-alerts/styles/github-base.css")}</style>
<style>
  body { margin: 0; padding: 12px; background: #fff; width: ${width}px; box-sizing: border-box; font-family: "Liberation Sans", sans-serif; }
  .comment { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
  .comment header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; font-size: 14px; color: #59636e; }
  .comment header b { color: #1f2328; }
  .comment header i { border: 1px solid #d1d9e0; border-radius: 2em; padding: 0 6px; font-size: 12px; font-style: normal; }
  .markdown-body { padding: 16px; font-family: "Liberation Sans", "DejaVu Sans", sans-serif; font-size: 14px; }
  .markdown-body pre, .markdown-body code { font-family: "Liberation Mono", "DejaVu Sans Mono", monospace; }
  .markdown-body .mermaid { background: none; text-align: center; }
  .added { color: #116329; background: #dafbe1; } .removed { color: #82071e; background: #ffebe9; }
  .changed { color: #953800; background: #ffd8b5; } .said { color: #59636e; }
</style></head><body>
<div class="comment"><header><b>github-actions</b> <i>bot</i> commented 2 minutes ago</header>
<article class="markdown-body">${body}</article></div>
<script src="${pathToFileURL(`${modules}/mermaid/dist/mermaid.min.js`)}"></script>
<script>
  mermaid.initialize({ startOnLoad: false, theme: "default", securityLevel: "strict", flowchart: { htmlLabels: false } });
  const charts = document.querySelectorAll(".mermaid");
  mermaid.run({ nodes: charts, suppressErrors: true }).then(() => {
    const drawn = [...charts].filter((chart) => chart.querySelector("svg")).length;
    const wide = document.querySelector(".comment").scrollWidth;
    document.title = ["drawn", Math.ceil(document.body.getBoundingClientRect().height), drawn, charts.length, wide].join(" ");
  });
</script></body></html>
`);

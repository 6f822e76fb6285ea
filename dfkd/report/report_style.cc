#include "dfkd/report/report_style.h"

namespace dfkd {

// clang-format off
const absl::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #16191f; --soft: #5a6270; --faint: #8a92a0;
  --edge: #e1e4ea; --rule: #e9ebf0; --accent: #3355d8; --accent-soft: #eef1fd; --code: #f3f4f7;
  --warn: #8a5a00; --warn-soft: #fff6e0; --warn-edge: #f0dba6;
  --s0: #3355d8; --s1: #d9601a; --s2: #0c8f6b; --s3: #a33fb5; --s4: #b8860b; --s5: #d12f5b;
  --s6: #0b7fa3; --s7: #6b6f7a;
  --shadow: 0 1px 2px rgba(20, 26, 40, .05), 0 4px 16px rgba(20, 26, 40, .04);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1217; --card: #171b22; --ink: #e9ecf1; --soft: #a3abb9; --faint: #7c8595;
    --edge: #2a303b; --rule: #262c36; --accent: #8ea6ff; --accent-soft: #1d2440; --code: #10141a;
    --warn: #f2c869; --warn-soft: #2a2312; --warn-edge: #4d3f1b;
    --s0: #7d98ff; --s1: #ff9457; --s2: #3fcf9f; --s3: #da86ea; --s4: #e0b642; --s5: #ff7296;
    --s6: #4cc3e8; --s7: #a9adb8;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Helvetica, Arial, sans-serif;
}
main, .top { max-width: 1040px; margin: 0 auto; padding: 0 24px; }
.top { padding-top: 44px; }
.eyebrow { margin: 0; color: var(--accent); font-size: 13px; font-weight: 600; letter-spacing: .04em; }
h1 { margin: 4px 0 6px; font-size: 34px; line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; }
.lead { margin: 0; max-width: 70ch; color: var(--soft); font-size: 17px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px; margin: 18px 0 0; padding: 0; list-style: none; }
.facts li {
  padding: 3px 11px; border: 1px solid var(--edge); border-radius: 99px; background: var(--card);
  color: var(--soft); font-size: 13.5px;
}
.facts b { color: var(--ink); font-weight: 600; }
nav { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 26px 0 0; padding-bottom: 10px; border-bottom: 1px solid var(--edge); font-size: 14.5px; }
nav a { color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--accent); }
a { color: var(--accent); }
section { margin: 34px 0; scroll-margin-top: 12px; }
h2 { margin: 0 0 12px; font-size: 21px; letter-spacing: -.01em; }
h3 { margin: 26px 0 10px; font-size: 16px; }
.card > h3:first-child, .card > .hint:first-child { margin-top: 0; }
.card { padding: 20px 22px; border: 1px solid var(--edge); border-radius: 14px; background: var(--card); box-shadow: var(--shadow); }
.card + .card { margin-top: 16px; }
.hint { margin: 10px 0 0; color: var(--soft); font-size: 14px; max-width: 80ch; }
.none { margin: 0; color: var(--faint); }

.notes { margin: 22px 0 0; padding: 12px 18px 12px 34px; border: 1px solid var(--warn-edge); border-radius: 12px; background: var(--warn-soft); color: var(--warn); font-size: 14.5px; }
.notes li { overflow-wrap: anywhere; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(168px, 1fr)); gap: 14px; margin: 26px 0 0; }
.tile { padding: 16px 18px; border: 1px solid var(--edge); border-radius: 14px; background: var(--card); box-shadow: var(--shadow); }
.tile.main { border-color: transparent; background: var(--accent-soft); }
.tile p { margin: 0; color: var(--soft); font-size: 13.5px; }
.tile p.label { text-transform: capitalize; }
.tile .number { margin: 2px 0; color: var(--ink); font-size: 31px; font-weight: 650; line-height: 1.2; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile.main .number { color: var(--accent); }
.number { white-space: nowrap; }
.number small { font-size: 17px; font-weight: 550; letter-spacing: 0; color: var(--soft); }

.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 15px; font-variant-numeric: tabular-nums; }
th { padding: 6px 12px; border-bottom: 1px solid var(--edge); color: var(--soft); font-size: 13px; font-weight: 600; text-align: left; white-space: nowrap; }
td { padding: 9px 12px; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th.n, td.n { text-align: right; white-space: nowrap; }
td .role { display: block; font-weight: 400; color: var(--faint); font-size: 13px; }
td.result { font-weight: 650; }
td.note { color: var(--soft); font-size: 14px; }
tr.lead-row td { border-bottom-color: transparent; background: var(--accent-soft); }
tr.lead-row td:first-child { border-radius: 8px 0 0 8px; }
tr.lead-row td:last-child { border-radius: 0 8px 8px 0; }

figure { margin: 0; }
figcaption { display: flex; justify-content: space-between; gap: 12px; font-size: 14px; font-weight: 600; overflow-wrap: anywhere; }
figcaption b { color: var(--soft); font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
.plotrow { display: grid; grid-template-columns: minmax(0, 1fr) 210px; gap: 22px; align-items: center; }
.plot { display: block; width: 100%; height: auto; margin-top: 6px; overflow: visible; }
.legend { margin: 0; padding: 0; list-style: none; font-size: 14px; }
.legend li { display: grid; grid-template-columns: 18px 1fr auto; gap: 9px; align-items: baseline; padding: 5px 0; border-bottom: 1px solid var(--rule); }
.legend li:last-child { border-bottom: 0; }
.legend b { font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.key { height: 0; border-top: 3px solid; border-radius: 2px; transform: translateY(-4px); }
.key.level { border-top: 3px dotted var(--faint); border-radius: 0; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
.s6 { color: var(--s6); } .s7 { color: var(--s7); }
.area { fill: currentColor; stroke: none; opacity: .13; }
.curve { fill: none; stroke: currentColor; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.small .curve { stroke-width: 1.8; }
.dot { fill: currentColor; stroke: var(--card); stroke-width: 1; }
.small .dot { display: none; }
.small .dot:only-of-type { display: inline; }
.rule { stroke: var(--rule); }
.level { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 5 5; }
.plot text { fill: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
.plot.small text { font-size: 11.5px; }
.ytick { text-anchor: end; } .xtick { text-anchor: middle; }
.axis { text-anchor: end; }
.first { text-anchor: start !important; } .last { text-anchor: end !important; }
.plot .leveltext { fill: var(--faint); paint-order: stroke; stroke: var(--card); stroke-width: 4px; }
.band { fill: transparent; }
.at { visibility: hidden; pointer-events: none; }
.stop:hover .at { visibility: visible; }
.cross { stroke: var(--faint); stroke-width: 1; }
.mark { fill: currentColor; stroke: var(--card); stroke-width: 1.5; }
.tipbox { fill: var(--card); stroke: var(--edge); filter: drop-shadow(0 3px 8px rgba(0, 0, 0, .18)); }
.plot .tip { fill: var(--ink); } .plot .tiphead { fill: var(--soft); font-weight: 600; }
.smalls { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); gap: 20px 26px; margin-top: 22px; padding-top: 18px; border-top: 1px solid var(--rule); }

.pictures { display: grid; gap: 22px; }
.grid { display: grid; grid-template-columns: max-content minmax(0, max-content); justify-content: start; gap: 0 12px; margin-top: 10px; }
.grid.plain { grid-template-columns: minmax(0, max-content); }
.grid img { display: block; max-width: 100%; height: auto; border-radius: 4px; image-rendering: pixelated; }
.rows { display: grid; grid-auto-rows: minmax(0, 1fr); height: 0; min-height: 100%; padding: 1px 0; }
.rows span { align-self: center; max-width: 18ch; overflow: hidden; text-align: right; text-overflow: ellipsis; white-space: nowrap; color: var(--soft); font-size: 14px; line-height: 1.1; }
.rows.dense span { font-size: 10.5px; }

.bar { display: flex; min-width: 160px; height: 10px; margin-top: 6px; border-radius: 5px; overflow: hidden; background: var(--rule); }
.bar i { background: currentColor; }
.parts { margin: 4px 0 0; color: var(--soft); font-size: 13px; }
.parts span { white-space: nowrap; margin-right: 10px; }
.parts i { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 2px; background: currentColor; }
.parts em { font-style: normal; color: var(--soft); }

pre { margin: 10px 0 0; padding: 14px 16px; overflow-x: auto; border: 1px solid var(--edge); border-radius: 10px; background: var(--code); font: 13.5px/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
details > summary { cursor: pointer; color: var(--accent); font-size: 15px; }
details + details, pre + details, figure + details { margin-top: 12px; }
details > summary + * { margin-top: 12px; }
details.fold { margin-top: 16px; }
footer { margin: 44px 0 40px; padding-top: 16px; border-top: 1px solid var(--edge); color: var(--faint); font-size: 13.5px; }

@media (max-width: 760px) {
  main, .top { padding: 0 14px; }
  .top { padding-top: 26px; }
  h1 { font-size: 27px; }
  .card { padding: 16px 15px; }
  .plotrow { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  figcaption { font-size: 13px; }
  .plot:not(.small) text { font-size: 21px; }
  .plot .tip, .plot .tiphead, .plot .tipbox { display: none; }
  .rows span { max-width: 9ch; font-size: 12px; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; }
  .tile { padding: 12px 14px; }
  .tile .number { font-size: 23px; }
  .number small { font-size: 14px; }
  th, td { padding-left: 7px; padding-right: 7px; }
  th { white-space: normal; vertical-align: bottom; }
  td:first-child { min-width: 104px; }
  .smalls { grid-template-columns: repeat(auto-fill, minmax(min(100%, 180px), 1fr)); gap: 18px; }
}
@media print {
  body { background: #fff; }
  nav { display: none; }
  .card, .tile { box-shadow: none; break-inside: avoid; }
}
)css";
// clang-format on

}  // namespace dfkd

/** The button and the panel, in their shadow: the page's own style does not reach them, nor they the page. */
export const css = `
:host { all: initial; display: inline-block; color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([floating]) { position: fixed; inset-block-end: max(1rem, env(safe-area-inset-bottom)); inset-inline-end: max(1rem, env(safe-area-inset-right)); z-index: 2147483000; }
:host([floating][side="start"]) { inset-inline: max(1rem, env(safe-area-inset-left)) auto; }
:host([hidden]) { display: none; }
button { font: inherit; cursor: pointer; border: 0; }
button:focus-visible { outline: 3px solid light-dark(#a87412, #e6b65a); outline-offset: 2px; }
.call { display: inline-flex; align-items: center; gap: .625rem; min-height: 2.75rem; padding: .5rem 1.125rem .5rem .875rem; border-radius: 1.5rem;
  background: light-dark(#0b5751, #74d0c1); color: light-dark(#fff, #04211d); font-weight: 600; }
:host([floating]) .call { box-shadow: 0 2px 4px rgb(10 30 25 / 16%), 0 10px 30px rgb(10 30 25 / 22%); }
.call:hover { background: light-dark(#09463f, #86dacc); }
svg { inline-size: 1.375rem; block-size: 1.375rem; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.panel { position: fixed; z-index: 2147483001; inset-block-end: max(1rem, env(safe-area-inset-bottom)); inset-inline-end: max(1rem, env(safe-area-inset-right));
  inline-size: min(24rem, calc(100vw - 2rem)); block-size: min(38rem, calc(100dvh - 2rem)); display: grid; grid-template-rows: auto 1fr; overflow: hidden;
  border-radius: 1rem; border: 1px solid light-dark(#e0d9c9, #2e3532); background: light-dark(#f4f1e8, #121514); color: light-dark(#1a1f1c, #efede5);
  box-shadow: 0 4px 10px rgb(10 30 25 / 14%), 0 18px 60px rgb(10 30 25 / 30%); }
:host([floating][side="start"]) .panel { inset-inline: max(1rem, env(safe-area-inset-left)) auto; }
.panel[hidden] { display: none; }
.bar { display: flex; align-items: center; gap: .5rem; padding: .25rem .25rem .25rem 1rem; border-block-end: 1px solid light-dark(#e0d9c9, #2e3532); }
.bar h2 { flex: 1; margin: 0; font-size: 1rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.close { display: grid; place-items: center; inline-size: 2.75rem; block-size: 2.75rem; border-radius: .75rem; background: transparent; color: inherit; }
.close:hover { background: light-dark(#ebe6d9, #262c29); }
iframe[hidden] { display: none; }
iframe { border: 0; inline-size: 100%; block-size: 100%; display: block; background: transparent; color-scheme: inherit; }
.fault { margin: 1.25rem; }
@media (max-width: 30rem) {
  .panel { inset: 0; inline-size: 100vw; block-size: 100dvh; border: 0; border-radius: 0; padding-block: env(safe-area-inset-top) env(safe-area-inset-bottom); }
}
`;

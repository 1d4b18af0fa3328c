extension Site {
    /// Colours have a contrast of at least 7 to 1 (WCAG 2.1, 1.4.6).
    static let style = """
        :root { --ink: #1a1a1a; --paper: #ffffff; --accent: #0b4a8f; --line: #8a8f98; --shade: #f2f5f9; }
        * { box-sizing: border-box; }
        body { margin: 0; color: var(--ink); background: var(--paper);
          font: 1.0625rem/1.7 "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
        header { background: var(--accent); }
        nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; max-width: 72rem; margin: 0 auto;
          padding: .75rem 1.25rem; list-style: none; }
        nav a { color: #ffffff; }
        nav a[aria-current] { text-decoration: none; font-weight: 700; }
        a { color: var(--accent); }
        a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #b45309; outline-offset: 2px; }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { left: 1rem; top: 1rem; padding: .5rem 1rem; background: #ffffff; }
        main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
        h1 { font-size: 1.75rem; line-height: 1.3; }
        h2 { margin-top: 2rem; padding-bottom: .25rem; font-size: 1.25rem; border-bottom: 2px solid var(--accent); }
        .wide { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; }
        caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; border: 1px solid var(--line); }
        thead th { background: var(--shade); white-space: nowrap; }
        tbody th { font-weight: 400; min-width: 9em; }
        td ol { margin: 0; padding-left: 1.5em; min-width: 12em; }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 0 2rem; }
        dl div { display: flex; gap: 1rem; padding: .35rem 0; border-bottom: 1px solid #c9ced6; }
        dt { flex: 0 0 8em; color: #3d434b; }
        dd { margin: 0; overflow-wrap: anywhere; }
        footer { padding-bottom: 2rem; color: #3d434b; }
        @media print {
          @page { size: A4; margin: 18mm; }
          body { font-size: 10.5pt; }
          header, .skip { display: none; }
          main, footer { max-width: none; padding: 0; }
          .wide { overflow: visible; }
          a { color: inherit; text-decoration: none; }
          tr, dl div { break-inside: avoid; }
          h2 { break-after: avoid; }
          thead { display: table-header-group; }
        }

        """
}

/** The entry guide: a heading and whole sentences for each topic. */
export function Guide({
  sections,
}: {
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[];
}) {
  return (
    <div class="guide">
      {sections.map(({ title, lines }) => (
        <section>
          <h3>{title}</h3>
          <ul>
            {lines.map((line) => (
              <li>{line}</li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/* Countries in the language of the page: a browser knows their names by their codes. In their order
   there; without scripts they stand in English, with the code. */

for (const select of document.querySelectorAll("select[data-countries]")) {
  const language = document.documentElement.lang;
  const names = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  const { value } = select;
  const [none, ...options] = select.options;
  for (const option of options) option.textContent = names.of(option.value) ?? option.textContent;
  const { compare } = new Intl.Collator(language);
  options.sort((one, other) => compare(one.textContent, other.textContent));
  select.replaceChildren(none, ...options);
  select.value = value;
}

// The page as it stands and the page as it is written anew, in one: a run of one part must not take the others' figures away.

/** Splits a page at its headings of both depths: [[heading, body], …]; the first has no heading. */
const sectionsOf = (page) => {
  const sections = [['', '']];
  for (const line of page.split('\n')) {
    if (/^##+ /.test(line)) sections.push([line, '']);
    else sections.at(-1)[1] += `${line}\n`;
  }
  return sections;
};

/**
 * @param page What is there now, as one page.
 * @param former The page as it stands.
 * @returns The new one, with the sections of the former that it has no figures for, where they stood; lists of names are joined.
 */
export function keepUnmeasured(page, former) {
  const fresh = sectionsOf(page.trimEnd());
  const kept = sectionsOf(former.trimEnd());
  const result = [...fresh];
  for (const [at, [heading, body]] of kept.entries()) {
    const same = result.find(([h]) => h === heading);
    if (same === undefined) {
      const before = kept.slice(0, at).findLast(([h]) => result.some(([r]) => r === h));
      result.splice(result.findIndex(([h]) => h === before[0]) + 1, 0, [heading, body]);
    } else if (/^- /m.test(body) && /^- /m.test(same[1])) same[1] = joined(same[1], body);
  }
  return `${result.map(([heading, body]) => (heading === '' ? body : `${heading}\n${body}`)).join('')}`;
}

/** Items of a list by what stands before the colon: those of the former that are not told anew are kept. */
function joined(list, former) {
  const key = (line) => line.split(':')[0];
  const items = list.split('\n').filter((line) => line.startsWith('- '));
  for (const line of former.split('\n')) if (line.startsWith('- ') && !items.some((item) => key(item) === key(line))) items.push(line);
  return `\n${items.sort((a, b) => a.localeCompare(b)).join('\n')}\n`;
}

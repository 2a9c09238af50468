// Makes Mermaid's parser quick in an engine without a just-in-time compiler, and changes none of its answers.
//
// Mermaid's lexers ask each of a hundred patterns, all anchored by '^', whether it stands at the start of the rest of
// the text. QuickJS tries an anchored pattern at every place before it says no, so a sticky copy of the pattern is
// asked in its stead. Most patterns can be refused by the first character alone, and those that look for a word
// anywhere in the line, by the absence of that word.
(() => {
  'use strict';
  const match = String.prototype.match;
  const ASCII = 128;

  /** Where an atom that starts at `at` ends: a group, a class, an escape or a character. */
  const endOfAtom = (source, at) => {
    if (source[at] === '\\') {
      if (source[at + 1] === 'u' && source[at + 2] !== '{') return at + 6;
      return source[at + 1] === 'x' ? at + 4 : at + 2;
    }
    if (source[at] === '[') {
      for (at++; source[at] !== ']'; at++) if (source[at] === '\\') at++;
      return at + 1;
    }
    if (source[at] !== '(') return at + 1;
    let depth = 0;
    do {
      if (source[at] === '(') depth++;
      if (source[at] === ')') depth--;
      at = '[\\'.includes(source[at]) ? endOfAtom(source, at) : at + 1;
    } while (depth > 0);
    return at;
  };

  /** Branches of a pattern: 'a|(b|c)' is 'a' and '(b|c)'. */
  const branches = (source) => {
    const found = [];
    let start = 0;
    for (let at = 0; at < source.length; at = source[at] === '|' ? at + 1 : endOfAtom(source, at)) {
      if (source[at] === '|') {
        found.push(source.slice(start, at));
        start = at + 1;
      }
    }
    return [...found, source.slice(start)];
  };

  const sets = new Map();
  /** Which ASCII characters match a character, an escape or a class. */
  const setOf = (atom, flags) => {
    const key = flags + atom;
    if (!sets.has(key)) {
      const one = new RegExp(`^${atom}$`, flags);
      sets.set(key, Array.from({ length: ASCII }, (_, code) => one.test(String.fromCharCode(code))));
    }
    return sets.get(key);
  };

  const union = (one, other) => one.map((value, code) => value || other[code]);
  const NONE = Array(ASCII).fill(false);

  /** Which ASCII characters a text that matches may start with; null where it may be empty, or we can't tell. */
  const firstOf = (source, flags) => {
    let all = NONE;
    for (const branch of branches(source)) {
      const first = firstOfBranch(branch, flags);
      if (first === null) return null;
      all = union(all, first);
    }
    return all;
  };

  const firstOfBranch = (source, flags) => {
    let first = NONE;
    for (let at = 0; at < source.length; ) {
      const end = endOfAtom(source, at);
      const atom = source.slice(at, end);
      const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(source.slice(end))?.[0] ?? '';
      at = end + quantifier.length;
      // What has no width restricts what follows, and that alone decides.
      if (/^(?:\\[bB]|[$^]|\(\?<?[=!])/.test(atom)) continue;
      if (/^\\[1-9ck]/.test(atom)) return null;
      let set = null;
      if (atom[0] !== '(') set = setOf(atom, flags);
      else if (!atom.startsWith('(?<')) set = firstOf(atom.slice(atom.startsWith('(?:') ? 3 : 1, -1), flags);
      if (set === null) return null;
      first = union(first, set);
      if (!/^(?:[*?]|\{0)/.test(quantifier)) return first;
    }
    return null;
  };

  /** How a pattern is asked: a sticky copy, the characters it may start with, a word that it can't do without. */
  const planOf = (pattern) => {
    const { source, flags } = pattern;
    const isPlain = !pattern.global && !pattern.sticky && !pattern.multiline && !pattern.unicode && !pattern.unicodeSets;
    if (!isPlain || source[0] !== '^' || branches(source).length > 1) return { copy: null, first: null, word: null };
    return {
      copy: new RegExp(source, `${flags}y`),
      first: firstOf(source.slice(1), flags),
      word: /^\^\(\?:\.\*([a-z]+)\\s\+\w+\[\^\\n\]\*\)$/.exec(pattern.ignoreCase ? '' : source)?.[1] ?? null,
    };
  };

  const lineHas = (text, word) => {
    const at = text.indexOf(word);
    if (at < 0) return false;
    const end = text.indexOf('\n');
    return end < 0 || at < end;
  };

  const plans = new WeakMap();
  const plan = (pattern) => {
    let found = plans.get(pattern);
    if (found === undefined) plans.set(pattern, (found = planOf(pattern)));
    return found;
  };

  String.prototype.match = function (pattern) {
    if (!(pattern instanceof RegExp)) return match.call(this, pattern);
    const { copy } = plan(pattern);
    if (copy === null) return match.call(this, pattern);
    copy.lastIndex = 0;
    return copy.exec(this);
  };

  // A parser that Jison made begins with `Object.create(lexer)`, and its lexer asks `_currentRules` which to try.
  const chosen = new WeakMap();
  function currentRules() {
    const all = Object.getPrototypeOf(this)._currentRules.call(this);
    const code = this._input.charCodeAt(0);
    if (!(code < ASCII)) return all;
    if (!chosen.has(all)) chosen.set(all, Array(ASCII));
    const byCode = chosen.get(all);
    byCode[code] ??= choice(all, this.rules, code);
    const { starting, wordless, words } = byCode[code];
    return words.some((word) => lineHas(this._input, word)) ? starting : wordless;
  }
  const choice = (all, rules, code) => {
    const starting = all.filter((rule) => plan(rules[rule]).first?.[code] ?? true);
    const wordOf = (rule) => plan(rules[rule]).word;
    return {
      starting,
      wordless: starting.filter((rule) => wordOf(rule) === null),
      words: [...new Set(starting.map(wordOf))].filter((word) => word !== null),
    };
  };
  const create = Object.create;
  Object.create = function (prototype, ...more) {
    const made = create.call(Object, prototype, ...more);
    if (typeof prototype?._currentRules === 'function' && Array.isArray(prototype.rules)) {
      made._currentRules = currentRules;
    }
    return made;
  };
})();

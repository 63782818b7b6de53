import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../src/load/template.ts'
import type { TemplateUse } from '../../src/load/template-gate.ts'
import { renderTemplate } from '../../src/load/template-render.ts'
import type { Json } from '../../src/model/json.ts'
import { unwrap } from '../../src/model/problem.ts'
import type { Scope } from '../../src/model/runbook.ts'
import { writeFiles } from './write-files.ts'

const render = (text: string, scope: Scope, use: TemplateUse = 'value'): Json => {
  const parsed = parseTemplate(text, use)
  if ('faults' in parsed) return `fault: ${parsed.faults.map(({ message }) => message).join('; ')}`
  const rendered = renderTemplate(parsed, scope)
  return rendered.ok ? rendered.value : `${rendered.problems[0].kind}: ${rendered.problems[0].message}`
}

describe('a template gives', () => {
  it.each<[string, Scope, Json]>([
    ['{{a}}{{b}}', { a: 1, b: 2 }, '12'],
    ['x{{ a.b }}y', { a: { b: true } }, 'xtruey'],
    ['{{#if a}}yes{{else}}no{{/if}}', { a: false }, 'no'],
    ['{{#if a}}1{{else if b}}2{{else}}3{{/if}}', { a: 0, b: 'x' }, '2'],
    ['{{#unless a}}none{{/unless}}', { a: [] }, 'none'],
    ['{{#if (eq a "x")}}same{{/if}}', { a: 'x' }, 'same'],
    ['{{#if a}}x{{/if}}', { a: null }, ''],
    ['a{{! comment }}b', {}, 'ab'],
    ['{{json a}}', { a: [1, { b: 'c' }] }, '[1,{"b":"c"}]'],
    ['rm -- {{q a}}', { a: "it's" }, "rm -- 'it'\\''s'"],
    ['<&> {{ a }}', { a: '<&>' }, '<&> <&>'],
    ['\\{{ a }}', { a: 1 }, '{{ a }}'],
  ])('%s', (text, scope, value) => {
    expect(render(text, scope)).toBe(value)
  })

  it('the value itself where it is exactly one path', () => {
    expect(render('{{ a.list }}', { a: { list: [1, 2] } })).toEqual([1, 2])
    expect(render('{{a}}', { a: 5 })).toBe(5)
    expect(render(' {{a}}', { a: 5 })).toBe(' 5')
  })

  it('text that looks like a template, without rendering it again', () => {
    expect(render('{{a}} {{b}}', { a: '{{b}}', b: '{{#if a}}' })).toBe('{{b}} {{#if a}}')
  })
})

describe('a template is refused', () => {
  it.each([
    ...[
      '{{> p}}',
      '{{#each a}}{{/each}}',
      '{{#with a}}{{/with}}',
      '{{lookup a "b"}}',
      '{{log a}}',
      '{{a b}}',
      '{{a b=c}}',
    ],
    ...['{{../a}}', '{{@root}}', '{{this}}', '{{this.a}}', '{{./a}}', '{{"text"}}', '{{1}}', '{{null}}', '{{* d}}'],
    ...[
      '{{constructor}}',
      '{{a.constructor}}',
      '{{a.__proto__}}',
      '{{__proto__.x}}',
      '{{a.[prototype]}}',
      '{{{{raw}}}}{{{{/raw}}}}',
    ],
    ...[
      '{{#if a b}}{{/if}}',
      '{{#if}}{{/if}}',
      '{{#each a as |x|}}{{/each}}',
      '{{#if a as |x|}}{{/if}}',
      '{{q a b}}',
      '{{eq a}}',
    ],
    ...[
      '{{#a}}{{/a}}',
      '{{^a}}{{/a}}',
      '{{#> layout}}{{/layout}}',
      '{{',
      '{{}}',
      '{{a',
      '{{#if a}}',
      '{{/if}}',
      '{{a | b}}',
    ],
  ])('%s', (text) => {
    const parsed = parseTemplate(text, 'value')
    expect('faults' in parsed).toBe(true)
  })

  it.each<[string, Scope, string]>([
    ['{{ nope }}', { node: 1 }, 'reference: there is no variable nope'],
    ['{{#if nope}}x{{/if}}', {}, 'reference: there is no variable nope'],
    ['{{ a.c }}', { a: { b: 1 } }, 'reference: a has no member c'],
    ['{{ a.length }}', { a: 'text' }, 'reference: a has no member length'],
    ['{{ toString }}', {}, 'reference: there is no variable toString'],
    ['{{ a.hasOwnProperty }}', { a: {} }, 'reference: a has no member hasOwnProperty'],
    ['x{{ a }}', { a: null }, 'template: a is null, and only text, numbers, true and false go into text'],
    ['x{{ a }}', { a: {} }, 'template: a is an object, and only text, numbers, true and false go into text'],
    ['x{{ a }}', { a: [1] }, 'template: a is a list, and only text, numbers, true and false go into text'],
    ['{{ a }}', { a: null }, 'template: a is null'],
  ])('when rendered: %s', (text, scope, said) => {
    expect(render(text, scope)).toBe(said)
  })
})

describe('whatever the template', () => {
  const pieces = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{{{',
      '}}}',
      '#',
      '/',
      '>',
      '*',
      '&',
      '^',
      '~',
      '!',
      '@',
      '../',
      './',
      'this',
      'a',
      'f',
      '.',
      ' ',
      '|',
      '"',
    ],
    ...[
      'if',
      'unless',
      'each',
      'with',
      'lookup',
      'log',
      'helperMissing',
      'constructor',
      '__proto__',
      'eq',
      'q',
      'json',
      'else',
    ],
    ...['(', ')', '=', 'as', '{{#if a}}', '{{/if}}', '\\', '\n', '[', ']', "'", '--', 'root', 'null', '1'],
  )

  it('parsing answers, rendering answers, and nothing of the scope is ever called', () => {
    let called = 0
    const trap = () => {
      called += 1
      return 'called'
    }
    // a scope is JSON; the functions stand for what an object inherits
    const scope = Object.assign(Object.create({ helperMissing: trap, toString: trap, f: trap }), {
      a: { b: 1 },
    }) as Scope
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), fc.constantFrom<TemplateUse>('value', 'shell'), (parts, use) => {
        const parsed = parseTemplate(parts.join(''), use)
        if ('faults' in parsed) return parsed.faults.length > 0
        renderTemplate(parsed, scope)
        return true
      }),
      { numRuns: 3000 },
    )
    expect(called).toBe(0)
  }, 60_000)
})

describe('in shell text', () => {
  it('every value is one word, unless it is written with three braces', () => {
    expect(render('ls {{a}} {{{a}}}', { a: 'x y' }, 'shell')).toBe("ls 'x y' x y")
  })

  it('a value that needs no quotes stays bare, but not where that would change its meaning', () => {
    expect(render('echo {{a}} {{a}}>f {{b}}=1', { a: 2, b: 'PATH' }, 'shell')).toBe("echo 2 '2'>f 'PATH'=1")
  })

  it('q does not quote twice', () => {
    expect(render('echo {{q a}}', { a: 'x y' }, 'shell')).toBe("echo 'x y'")
  })

  it('a template that is one value is quoted too', () => {
    expect(render('{{a}}', { a: '; reboot' }, 'shell')).toBe("'; reboot'")
  })

  it.each([
    'echo "{{a}}"',
    "echo '{{a}}'",
    'x=`{{a}}`',
    '# {{a}}',
    'cat <<EOF\n{{a}}\nEOF\n',
    "cat <<'E O'\n{{a}}\nE O\n",
    'cat <<-X\n\t{{a}}\n\tX\n',
    'echo $(( {{a}} ))',
    'echo \\\\{{a}}',
    'echo ${{a}}',
    'echo "a`b`{{a}}"',
    'echo "\\"{{a}}"',
    'true; # it is {{a}}',
    'echo "$(echo "{{a}}")"',
    'echo "${x:-"{{a}}"}"',
    'echo "$(case x in x) echo "{{a}}";; esac)"',
    "echo $'a\\'{{a}}'",
    'echo $(( (1) + {{a}} ))',
    'x=$(cat <<EOF\n{{a}}\nEOF\n)',
    'echo "`echo "{{a}}"`"',
    'cat <<A <<B\n{{a}}\nA\nx\nB\n',
    'cat <<A <<B\nx\nA\n{{a}}\nB\n',
  ])('no value stands where a quoted word is none: %s', (text) => {
    expect(render(text, { a: 'x' }, 'shell')).toMatch(/^fault: .* stands /)
  })

  it.each([
    'echo "a" {{a}}',
    "echo 'a'{{a}}'b'",
    'x=$(ls {{a}})',
    'cat <<EOF\ntext\nEOF\nls {{a}}',
    'cat <<< {{a}}',
    'echo a#b {{a}}',
    '# comment\nls {{a}}',
    'echo ${x} $y {{a}}',
    'echo "$(ls {{a}})" {{a}}',
    'test "$(cat "$x")" = {{a}}',
    'case x in x) ls {{a}};; esac',
    'f() { ls {{a}}; }',
    '( cd / && ls {{a}} )',
    'echo "${x}" "$((1 + 1))" {{a}} $# ${#x} {{a}}',
    'cat <<A <<B\nx\nA\ny\nB\nls {{a}}',
    'if [ "$x" = y ]; then ls {{a}}; fi # it',
    '{{#if a}}ls "x" {{a}}{{/if}}',
  ])('a value stands where a word may: %s', (text) => {
    expect(render(text, { a: 'x' }, 'shell')).not.toMatch(/^fault/)
  })

  it('quotes that a branch opens must be closed in it', () => {
    expect(render('{{#if a}}"{{/if}} {{a}}', { a: 'x' }, 'shell')).toContain('fault')
  })

  it('any value comes out of sh as it went in', () => {
    const noNul = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', ''))
    const hostile = fc.constantFrom('$(touch /tmp/x)', '`id`', "'; id; '", '\n', '\\', '-n', '*', '"', '!', '~', '')
    const values = fc
      .array(fc.oneof(noNul, hostile), { minLength: 20, maxLength: 100 })
      .map((all) => all.map((one) => one.toWellFormed()))
    fc.assert(
      fc.property(values, (all) => {
        const text = all.map((_, index) => `printf '%s\\0' {{v.[${index}]}}`).join('\n')
        const script = render(text, { v: all }, 'shell')
        const out = execFileSync('sh', ['-c', String(script)]).toString('utf8')
        expect(out.split('\0').slice(0, -1)).toEqual(all)
      }),
      { numRuns: 5 },
    )
  }, 60_000)

  it('whatever the script around it, a value that gets in is never run', () => {
    const pieces = fc.constantFrom(
      ...[
        'echo ',
        '"',
        "'",
        '`',
        '$(',
        ')',
        '(',
        '{{a}}',
        '{{a}}',
        ' ',
        '\n',
        '\\',
        '$',
        '${x:-',
        '}',
        '#',
        ';',
        '$((',
        '))',
      ],
      ...['case x in x) ', ';; esac', '<<E\n', '\nE\n', 'x=', "$'", '|cat', '<<<'],
    )
    const values = fc.constantFrom(
      '$(touch c)',
      '`touch c`',
      "'; touch c; '",
      '"; touch c; "',
      '\ntouch c\n',
      'E\ntouch c\nE\n',
    )
    const folder = writeFiles({})
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), values, (parts, a) => {
        const parsed = parseTemplate(parts.join(''), 'shell')
        if ('faults' in parsed || parsed.paths.length === 0) return true
        const script = String(unwrap(renderTemplate(parsed, { a })))
        spawnSync('sh', ['-c', script], { cwd: folder, stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } })
        return !existsSync(join(folder, 'c'))
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  it('a NUL character is refused', () => {
    expect(render('ls {{a}}', { a: 'x\0y' }, 'shell')).toBe('template: a NUL character cannot be a word of a command')
  })
})

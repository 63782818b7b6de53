import { expect, test } from 'vitest'
import { copy } from '../../../src/modules/files/copy.ts'

const { path, entries } = JSON.parse(JSON.stringify(copy.args.properties)) // plain JSON Schema

test.each(['/srv/app', '/srv/.app', "/srv/it's $(x)", '/srv/...'])('a folder on a host: %s', (text) => {
  expect(text).toMatch(new RegExp(path.pattern, 'u'))
})

// Another spelling of the same folder would make what is copied look like something to prune.
test.each(['/srv/app/', '/srv//app', '/', '/srv/../etc', '/srv/./app', '/srv/app/..', 'app', '/a\nb'])(
  'no folder on a host: %j',
  (text) => expect(text).not.toMatch(new RegExp(path.pattern, 'u')),
)

test.each(['a', 'a/b', '.a/..b', 'a/...'])('a path in src: %s', (text) => {
  expect(text).toMatch(new RegExp(entries.items.properties.path.pattern, 'u'))
})

test.each(['/a', 'a/', 'a//b', '..', '../a', 'a/../b', '../system/a', 'a/.', ''])('no path in src: %j', (text) => {
  expect(text).not.toMatch(new RegExp(entries.items.properties.path.pattern, 'u'))
})

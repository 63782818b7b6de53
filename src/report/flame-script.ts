/** What a flame graph does in a browser: it enlarges what is clicked, and colours and counts what is searched. */
export const FLAME_SCRIPT = `
(function () {
  var all = Array.prototype.slice.call(document.querySelectorAll('g.box'))
  var width = document.documentElement.viewBox.baseVal.width || 1200
  var of = function (g, key) { return Number(g.getAttribute('data-' + key)) }
  var nameOf = function (g) { return g.querySelector('title').textContent.replace(/ \\([^(]*\\)$/, '') }
  function show(from, share, depth) {
    all.forEach(function (g) {
      var x = of(g, 'x'), w = of(g, 'w'), above = of(g, 'd') < depth
      var inside = x + w > from + 1e-7 && x < from + share - 1e-7
      g.style.display = inside ? '' : 'none'
      if (!inside) return
      var left = Math.max(0, (x - from) / share) * width
      var wide = above ? width : (w / share) * width
      var rect = g.querySelector('rect'), text = g.querySelector('text'), name = nameOf(g)
      rect.setAttribute('x', left.toFixed(2))
      rect.setAttribute('width', wide.toFixed(2))
      rect.setAttribute('opacity', above ? '0.5' : '1')
      text.setAttribute('x', (left + 3).toFixed(2))
      var letters = Math.floor((wide - 4) / 6.6)
      text.textContent = letters < 3 ? '' : name.length > letters ? name.slice(0, letters - 2) + '..' : name
    })
  }
  function search(text) {
    var told = document.getElementById('told'), found = []
    var wanted = String(text || '').toLowerCase()
    all.forEach(function (g) {
      var is = wanted !== '' && nameOf(g).toLowerCase().indexOf(wanted) >= 0
      g.setAttribute('class', is ? 'box found' : 'box')
      if (is) found.push(g)
    })
    var compared = all[0].hasAttribute('data-now'), end = 0, now = 0, before = 0
    found.sort(function (a, b) { return of(a, 'x') - of(b, 'x') || of(a, 'd') - of(b, 'd') }).forEach(function (g) {
      if (of(g, 'x') + of(g, 'w') <= end + 1e-7) return // within another that was found
      end = of(g, 'x') + of(g, 'w')
      now += of(g, compared ? 'now' : 'w')
      if (compared) before += of(g, 'before')
    })
    var percent = function (share) { return (share * 100).toFixed(1) + '%' }
    told.textContent = wanted === '' ? '' : found.length + ' found, ' + percent(now) + (compared ? ', before ' + percent(before) : '')
  }
  all.forEach(function (g) {
    g.addEventListener('click', function () { show(of(g, 'x'), of(g, 'w'), of(g, 'd')) })
  })
  document.getElementById('reset').addEventListener('click', function () { show(0, 1, 0); search('') })
  document.getElementById('search').addEventListener('click', function () {
    var text = window.prompt('Search for a function')
    if (text !== null) search(text)
  })
})()
`

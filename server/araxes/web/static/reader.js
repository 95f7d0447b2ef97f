// A reader's own copy of a text beside what its sentences yield. The file is read here and goes nowhere.

const section = document.getElementById("own-copy")
const chosen = document.getElementById("copy")
const says = document.getElementById("copy-says")
const MOST = 16 * 1024 * 1024, WORK = 8 * 1024 * 1024

// SHA-256 as FIPS 180-4 has it: the browser's own is missing where a page comes over plain HTTP.
const ROOTS = primes(64).map(prime => fraction(Math.cbrt(prime)))
const START = primes(8).map(prime => fraction(Math.sqrt(prime)))

function primes(number) {
  const found = []
  for (let each = 2; found.length < number; each++) if (found.every(prime => each % prime)) found.push(each)
  return found
}

function fraction(root) {
  return (root - Math.floor(root)) * 2 ** 32 | 0
}

function sha256(bytes) {
  const padded = new Uint8Array(bytes.length + 9 + (119 - bytes.length % 64) % 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer), state = Int32Array.from(START), words = new Int32Array(64)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29))
  view.setUint32(padded.length - 4, bytes.length << 3)
  const turned = (word, by) => word >>> by | word << 32 - by
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = view.getInt32(block + at * 4)
    for (let at = 16; at < 64; at++) {
      const far = words[at - 15], near = words[at - 2]
      words[at] = words[at - 16] + words[at - 7] + (turned(far, 7) ^ turned(far, 18) ^ far >>> 3)
        + (turned(near, 17) ^ turned(near, 19) ^ near >>> 10)
    }
    let [a, b, c, d, e, f, g, h] = state
    for (let at = 0; at < 64; at++) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (e & f ^ ~e & g) + ROOTS[at] + words[at] | 0
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
      [a, b, c, d, e, f, g, h] = [one + two | 0, a, b, c, d + one | 0, e, f, g]
    }
    [a, b, c, d, e, f, g, h].forEach((word, at) => { state[at] += word })
  }
  return Array.from(state, word => (word >>> 0).toString(16).padStart(8, "0")).join("")
}

// A copy as code points, which offsets count, and the byte at which each of them begins.
function read(text) {
  const points = Array.from(text), starts = new Uint32Array(points.length + 1)
  points.forEach((point, at) => {
    const code = point.codePointAt(0)
    starts[at + 1] = starts[at] + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4)
  })
  return {points, starts, bytes: new TextEncoder().encode(text)}
}

function hashes(copy, place, start) {
  const end = start + place.length
  if (start < 0 || end > copy.points.length) return false
  return sha256(copy.bytes.subarray(copy.starts[start], copy.starts[end])) === place.sha256
}

// Where words begin in the copy, the nearest to a place first.
function beginnings(copy, near) {
  copy.words ??= copy.points.flatMap((point, at) =>
    /\s/u.test(point) || at && /[\p{L}\p{N}]/u.test(copy.points[at - 1]) && /[\p{L}\p{N}]/u.test(point) ? [] : [at])
  return [...copy.words].sort((one, other) => Math.abs(one - near) - Math.abs(other - near))
}

// By how much a passage is shifted: as those before it, else as found by its hash while there is work left to spend.
function shiftOf(copy, place, shifts) {
  const known = shifts.find(shift => hashes(copy, place, place.start + shift))
  if (known !== undefined || copy.left <= 0) return known
  for (const start of beginnings(copy, place.start + shifts[0])) {
    if (hashes(copy, place, start)) return start - place.start
    copy.left -= place.length
    if (copy.left <= 0) return
  }
}

// What is in the copy of each passage: where it begins, and whether it is what was read there.
function match(text, places) {
  const copy = {...read(text), left: WORK}, shifts = [0], found = []
  for (const place of places) {
    const shift = shiftOf(copy, place, shifts), same = shift !== undefined
    const moved = same && shift !== shifts[0]
    if (moved) shifts.splice(0, shifts.length, shift, ...shifts.filter(each => each !== shift))
    found.push({place, same, moved, start: place.start + shifts[0], shift: shifts[0]})
  }
  return {points: copy.points, found, number: found.filter(each => each.same).length}
}

function fill({points, found}) {
  for (const {place, same, start} of found) {
    const end = start + place.length
    place.element.textContent = points.slice(Math.max(start, 0), Math.max(end, 0)).join("")
    place.element.classList.toggle("other", !same)
    place.element.dataset.other = end > points.length ? "The copy ends before this passage." : "Not the recorded words:"
    place.element.hidden = false
  }
}

function named({element}) {
  return `${element.closest("section").querySelector("h2").textContent} ${element.previousElementSibling.textContent}`
}

// What is to be said of where passages stand: how far shifted, and from where on nothing matches.
function told({found, number}) {
  if (!number) return "Nothing matches from the first passage on."
  const moved = found.filter(each => each.moved), said = [], last = found.findLastIndex(each => each.same)
  if (moved.length) {
    const {place, shift} = moved[0], many = Math.abs(shift)
    said.push(`From ${named(place)} on, the text stands ${many} character${many === 1 ? "" : "s"} ${shift < 0 ? "earlier" : "later"} than in what was read.`)
    if (moved.length > 1) said.push(`After that the distance changes ${moved.length - 1} more time${moved.length > 2 ? "s" : ""}.`)
  }
  if (last + 1 < found.length) said.push(`From ${named(found[last + 1].place)} on nothing matches.`)
  return said.join(" ")
}

function clear(said) {
  document.body.classList.remove("with-copy")
  for (const place of document.querySelectorAll(".copy")) {
    place.textContent = ""
    place.hidden = true
  }
  says.textContent = said
}

async function show() {
  const file = chosen.files[0]
  if (!file) return clear("")
  if (file.size > MOST) return clear("The file is too large to be a copy of the text.")
  let bytes, text
  try {
    bytes = new Uint8Array(await file.arrayBuffer())
    text = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    return clear("The file cannot be read as text in UTF-8.")
  }
  if (file !== chosen.files[0]) return
  const places = [...document.querySelectorAll(".copy")].map(element => {
    const start = Number(element.dataset.start)
    return {element, start, length: Number(element.dataset.end) - start, sha256: element.dataset.sha256}
  }).sort((one, other) => one.start - other.start)
  const known = section.dataset.sha256, exact = sha256(bytes) === known
  // marks of byte order and line ends that another system has are no difference in words
  const plain = text.replace(/^\uFEFF/, ""), mended = plain.replace(/\r\n?/g, "\n")
  let result = match(mended, places), taken = text
  if (mended !== text) {
    const raw = exact || result.number < places.length ? match(text, places) : {number: -1}
    if (exact || raw.number > result.number) result = raw
    else taken = mended
  }
  fill(result)
  document.body.classList.add("with-copy")
  const said = []
  if (taken !== text && plain !== text) said.push("The copy begins with a byte order mark; matched without it.")
  if (taken !== text && mended !== plain) said.push("Line ends differ; matched after that.")
  if (exact) said.push("This is the text that was read, byte for byte.")
  else if (taken !== text && sha256(new TextEncoder().encode(mended)) === known) said.push("Apart from that, this is the text that was read.")
  else said.push("This is not the very text that was read: its hash is another.")
  said.push(`${result.number} of ${places.length} passages match.`, told(result), "Nothing was sent.")
  says.textContent = said.filter(Boolean).join(" ")
}

chosen.addEventListener("change", show)
chosen.disabled = false

// A reader's own copy of a text beside what its sentences yield. The file is read here and goes nowhere.

const section = document.getElementById("own-copy")
const chosen = document.getElementById("copy")
const says = document.getElementById("copy-says")
const MOST = 16 * 1024 * 1024

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

// What a passage has in the copy: its words, and whether they are those that were read.
function compare(place, points) {
  const start = Number(place.dataset.start), end = Number(place.dataset.end)
  const words = points.slice(start, end).join("")
  const same = end <= points.length && sha256(new TextEncoder().encode(words)) === place.dataset.sha256
  place.textContent = words
  place.classList.toggle("other", !same)
  place.dataset.other = end > points.length ? "The copy ends before this passage." : "Not the recorded words:"
  place.hidden = false
  return same
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
  // offsets count code points, and not the halves of pairs
  const points = Array.from(text), places = [...document.querySelectorAll(".copy")]
  const matched = places.filter(place => compare(place, points)).length
  document.body.classList.add("with-copy")
  const whole = sha256(bytes) === section.dataset.sha256
    ? "This is the text that was read, byte for byte." : "This is not the very text that was read: its hash is another."
  says.textContent = `${whole} ${matched} of ${places.length} passages match. Nothing was sent.`
}

chosen.addEventListener("change", show)
chosen.disabled = false

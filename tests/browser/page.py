"""Reads the page as a person does: by eye, by keyboard, on a phone, without its script.

page.py CHROMIUM PAGES [SCREENSHOTS]: PAGES holds passed.html and failed.html.
"""

import sys
from pathlib import Path

from chromium import Chromium

FAILURES = []

# The contrast of each kind of text with what is behind it, by WCAG's formula.
CONTRAST = """(() => {
  const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const luminance = (colour) => {
    const linear = channels(colour).slice(0, 3).map((part) => {
      const share = part / 255;
      return share > 0.04045 ? ((share + 0.055) / 1.055) ** 2.4 : share / 12.92;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const weak = new Map();
  for (const element of document.querySelectorAll("body *")) {
    const own = Array.from(element.childNodes).some((node) =>
      node.nodeType === 3 && node.data.trim() !== "");
    if (!own || !element.checkVisibility() || element.closest("svg, script")) continue;
    const [text, back] = [luminance(getComputedStyle(element).color), luminance(behind(element))];
    const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (contrast < 4.5) {
      weak.set(`${element.tagName}.${element.className}`, contrast.toFixed(2));
    }
  }
  return Array.from(weak).join("; ");
})()"""

OPEN_ALL = "document.querySelectorAll('details').forEach((item) => { item.open = true; })"
ACTIVE = "document.activeElement"


def check(what, holds, found=""):
    if not holds:
        FAILURES.append(what)
        print(f"FAILED  {what}: {found}")


def equal(what, found, expected):
    check(what, found == expected, f"{found!r}, expected {expected!r}")


def seen(selector):
    """Whether an element is on the screen."""
    return f"""(() => {{
      const item = document.querySelector({selector!r});
      const box = item.getBoundingClientRect();
      return item.checkVisibility() && box.top >= 0 && box.top < innerHeight;
    }})()"""


def links(page):
    """Each link on the page leads somewhere, and following one shows it."""
    ends = "Array.from(document.querySelectorAll('a')).filter((link) => !link.matches('[href^=\"#\"]')"
    equal("links stay on the page", page.ask(f"{ends}).length"), 0)
    dead = page.ask(
        "Array.from(document.querySelectorAll('a[href]')).map((link) => link.hash.slice(1))"
        ".filter((id) => !document.getElementById(id)).join()"
    )
    equal("links have ends", dead, "")
    for what, link in [
        ("a finding", ".findings a"),
        ("a check in the table", ".matrix a.good"),
        ("a clause", "dd a"),
    ]:
        page.ask("document.querySelectorAll('details.case').forEach((item) => { item.open = false; })")
        target = page.ask(f"document.querySelector('{link}').hash")
        page.ask(f"document.querySelector('{link}').click()")
        # The scroll comes with the next frame.
        page.ask("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        check(f"{what} is shown when its link is followed", page.ask(seen(target)), target)


def keyboard(page):
    """The focus is seen, in the order of the page; `/` and Escape do what the page says."""
    page.ask("history.replaceState(null, '', location.pathname)")
    page.open(page.ask("location.href"))
    page.press("Tab")
    equal("the first focus is the skip link", page.ask(f"{ACTIVE}.className"), "skip")
    check("the skip link is seen", page.ask(f"{ACTIVE}.getBoundingClientRect().left >= 0"))
    page.press("Enter")
    equal("the skip link leads to the checks", page.ask("location.hash"), "#main")
    page.press("Tab")
    check("focus goes on within the checks", page.ask(f"{ACTIVE}.closest('main') !== null"))
    outline = page.ask(f"getComputedStyle({ACTIVE}).outlineStyle")
    check("the focus is outlined", outline not in ("none", ""), outline)
    page.press("/")
    equal("/ goes to the filter", page.ask(f"{ACTIVE}.id"), "filter")
    page.press("/")
    equal("/ in the filter is a character", page.ask(f"{ACTIVE}.value"), "/")
    page.press("Escape")
    equal("Escape clears the filter", page.ask("document.getElementById('filter').value"), "")
    page.ask("document.querySelector('details.rule summary').focus()")
    before = page.ask(f"{ACTIVE}.parentElement.open")
    page.press("Enter")
    equal("Enter opens and closes a rule", page.ask(f"{ACTIVE}.parentElement.open"), not before)


def filters(page):
    """The filter leaves the cases that have all its words, and says how many."""
    page.open(page.ask("location.href.split('#')[0]"))
    left = "document.querySelectorAll('details.case:not([hidden])').length"
    everything = page.ask(left)
    page.press("/")
    page.call("Input.insertText", text="sccm SYSMON")
    found = page.ask(left)
    check("the filter leaves some cases", 0 < found < everything, found)
    wrong = page.ask(
        "Array.from(document.querySelectorAll('details.case:not([hidden])'))"
        ".filter((item) => !/sccm/i.test(item.textContent)).length"
    )
    equal("the filter leaves only what has its words", wrong, 0)
    rows = page.ask("document.querySelectorAll('.matrix tbody tr:not([hidden])').length")
    check("the tables are filtered", 0 < rows <= found, rows)
    said = page.ask("document.getElementById('shown').textContent")
    equal("the filter says how many", said, f"{found} of {everything} cases")
    page.call("Input.insertText", text=" nothing has this")
    equal("the filter may leave nothing", page.ask(left), 0)
    check("which is said", page.ask("document.getElementById('none').checkVisibility()"))
    page.press("Escape")
    equal("all come back", page.ask(left), everything)
    page.ask("document.querySelector('button[data-verdict=failed]').focus()")
    page.press("Enter")
    verdicts = page.ask(
        "Array.from(new Set(Array.from(document.querySelectorAll('details.case:not([hidden])'),"
        " (item) => item.dataset.verdict))).join()"
    )
    equal("a verdict filters", verdicts, "failed")
    pressed = page.ask("document.querySelector('button[data-verdict=failed]').ariaPressed")
    equal("its button is pressed", pressed, "true")
    page.press("Escape")


def looks(page, url, screenshots):
    """Nothing is cut off or pale, on a desk and on a phone, light and dark."""
    for name, width, height in [("desk", 1200, 1600), ("phone", 390, 844)]:
        # An empty page takes another size more quickly.
        page.open("about:blank")
        page.size(width, height, mobile=width < 400)
        page.open(url)
        for scheme in ["dark", "light"]:
            page.scheme(scheme)
            back = page.ask("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/)[0]")
            check(f"{scheme} is {scheme}", (int(back) < 64) == (scheme == "dark"), back)
            if screenshots:
                page.screenshot(screenshots / f"{Path(url).stem}-{name}-{scheme}.png")
        page.ask(OPEN_ALL)
        wide = page.ask("document.documentElement.scrollWidth")
        check(f"the page is as wide as the {name}", wide <= width, wide)
    for scheme in ["light", "dark"]:
        page.scheme(scheme)
        equal(f"all text is readable, {scheme}", page.ask(CONTRAST), "")


def without_script(page, url):
    """All of it is there and can be read."""
    page.script(False)
    page.open(url)
    equal("no filter without the script", page.ask(
        "document.getElementById('filter').checkVisibility()"), False)
    check("the headline is there", page.ask("document.querySelector('h1').innerText !== ''"))
    check("failures stand open", page.ask("document.querySelectorAll('details.case[open]').length > 0"))
    drawn = page.ask(
        "Array.from(document.querySelectorAll('details.case[open] .plot svg'))"
        ".every((plot) => plot.querySelector('circle').getBoundingClientRect().width > 0)"
    )
    check("the events are drawn", drawn)
    page.script(True)


def main():
    program, pages = sys.argv[1], Path(sys.argv[2])
    screenshots = Path(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else None
    page = Chromium(program)
    try:
        urls = [(pages / name).as_uri() for name in ["passed.html", "failed.html"]]
        for url in urls:
            looks(page, url, screenshots)
        page.size(1200, 900)
        page.scheme("light")
        page.open(urls[1])
        links(page)
        keyboard(page)
        filters(page)
        without_script(page, urls[1])
        equal("nothing is loaded", sorted({url for url in page.requests} - {*urls, urls[1] + "#main", "about:blank"}), [])
        equal("the console is silent", page.complaints, [])
    finally:
        page.close()
    if FAILURES:
        sys.exit(f"browser test: {len(FAILURES)} failed")
    print("browser test: passed")


main()

"use strict";
// Draws the figures of the page, and beside the pointer the molecule that a point stands for.

const SVG = "http://www.w3.org/2000/svg";

function shape(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent.appendChild(element);
  return element;
}

// An outline [atoms, bonds] as SVG: atoms [x, y, label], bonds [from, to, order].
function drawing([atoms, bonds]) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-12 -12 124 124");
  for (const [a, b, order] of bonds) {
    const [x1, y1] = atoms[a], [x2, y2] = atoms[b];
    const length = Math.hypot(x2 - x1, y2 - y1) || 1;
    const dx = (y1 - y2) / length * 1.6, dy = (x2 - x1) / length * 1.6;
    const shifts = order === 1 ? [0] : order === 2 ? [-1, 1] : [-1.6, 0, 1.6];
    for (const s of shifts)
      shape(svg, "line", { x1: x1 + s * dx, y1: y1 + s * dy, x2: x2 + s * dx, y2: y2 + s * dy,
        stroke: "#1d2733", "stroke-width": 1.2, "stroke-linecap": "round" });
  }
  const colors = { N: "#2350c0", O: "#c02323", S: "#9a7b00", F: "#2b8a3e", C: "#1d2733" };
  for (const [x, y, label] of atoms) {
    if (!label) continue;
    shape(svg, "circle", { cx: x, cy: y, r: 4.4, fill: "#fff" });
    const text = shape(svg, "text", { x: x, y: y + 2.8, "font-size": 8, "text-anchor": "middle",
      "font-family": "sans-serif", fill: colors[label[0]] || "#6b3fa0" });
    text.textContent = label;
  }
  return svg;
}

function place(card, event) {
  const margin = 14, width = card.offsetWidth, height = card.offsetHeight;
  const right = event.clientX + margin + width < window.innerWidth;
  const x = right ? event.clientX + margin : event.clientX - margin - width;
  const y = Math.min(event.clientY + margin, window.innerHeight - height - margin);
  card.style.left = Math.max(4, x) + "px";
  card.style.top = Math.max(4, y) + "px";
}

function show(card, outline, label, event) {
  card.replaceChildren(drawing(outline));
  const text = document.createElement("span");
  text.textContent = label || "";
  card.appendChild(text);
  card.hidden = false;
  place(card, event);
}

// The outlines of a figure; a number stands for those of the figure of that number.
function outlinesOf(script) {
  const given = JSON.parse(script.textContent);
  return typeof given === "number" ? outlinesOf(document.querySelectorAll(".figure-outlines")[given]) : given;
}

// Drawn when it is about to be seen: a page of many figures opens at once.
function draw(holder) {
  const card = document.getElementById("hover");
  const given = JSON.parse(holder.nextElementSibling.textContent);
  const outlines = outlinesOf(holder.nextElementSibling.nextElementSibling);
  const options = { responsive: true, displaylogo: false, displayModeBar: false };
  Plotly.newPlot(holder, given.data, given.layout, options).then(() => {
    holder.dataset.drawn = "yes";
    holder.on("plotly_hover", (found) => {
      const point = found.points[0];
      if (typeof point.customdata === "number" && outlines[point.customdata])
        show(card, outlines[point.customdata], point.data.text && point.data.text[point.pointNumber], found.event);
    });
    holder.on("plotly_unhover", () => { card.hidden = true; });
  });
}

const observer = new IntersectionObserver((seen) => {
  for (const entry of seen) {
    if (!entry.isIntersecting) continue;
    observer.unobserve(entry.target);
    draw(entry.target);
  }
}, { rootMargin: "600px" });
for (const holder of document.querySelectorAll(".figure")) observer.observe(holder);
window.addEventListener("beforeprint", () => {
  for (const holder of document.querySelectorAll(".figure:not([data-drawn])")) draw(holder);
});

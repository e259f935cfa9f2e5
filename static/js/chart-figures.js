// What is drawn where: plot → { figure, layout, width, chosen }. A module of its own, so that no two import each other:
// the storage that names static files by their content follows imports and never ends in a circle.
export const figures = new WeakMap();

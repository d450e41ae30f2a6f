"""GLSL of the renderer."""

_SUN = """
uniform sampler2D shadow_map; uniform mat4 sun_view;
float sunlit(vec3 position, float bias) {
  vec3 q = (sun_view * vec4(position, 1)).xyz * .5 + .5;
  if (any(lessThan(q, vec3(0))) || any(greaterThan(q, vec3(1)))) return 1.;
  float lit = 0.;
  for (int i = -1; i <= 1; i++) for (int j = -1; j <= 1; j++)
    lit += texture(shadow_map, q.xy + vec2(i, j) * 1.5 / 1024.).r > q.z - bias ? 1. : 0.;
  return lit / 9.;
}
"""

_SKY = """
uniform vec3 soft[9]; uniform mat3 to_panorama;
vec3 skylight(vec3 n) {
  n = to_panorama * n;
  float x = n.x, y = n.y, z = n.z;
  vec3 sum = soft[0] * .282095 + soft[1] * .488603 * y + soft[2] * .488603 * z + soft[3] * .488603 * x
    + soft[4] * 1.092548 * x * y + soft[5] * 1.092548 * y * z + soft[6] * .315392 * (3. * z * z - 1.)
    + soft[7] * 1.092548 * x * z + soft[8] * .546274 * (x * x - y * y);
  return max(sum, vec3(.02));
}
"""

SURFACE_VERTEX = """#version 330
in vec3 position; in vec3 normal; in vec3 albedo; in vec3 rest; in vec2 uv; in float cloth; in float folds; in float gloss;
uniform mat4 projection;
out vec3 at; out vec3 n0; out vec3 base; out vec3 anchor; out vec2 st; flat out int tile; out float fold; out float shine;
void main() {
  gl_Position = projection * vec4(position, 1);
  at = position; n0 = normal; base = albedo; anchor = rest; st = uv; tile = int(floor(cloth + .5)); fold = folds; shine = gloss;
}"""

SURFACE_FRAGMENT = (
    """#version 330
in vec3 at; in vec3 n0; in vec3 base; in vec3 anchor; in vec2 st; flat in int tile; in float fold; in float shine;
uniform sampler2DArray cloth_tiles; uniform vec3 sun; uniform vec3 sun_colour;
out vec4 colour;
"""
    + _SUN
    + _SKY
    + """
// Folds: bands that run along the body and are bent by slower waves.
float height(vec3 p) {
  float bend = sin(p.z * 9. + 2. * sin(p.x * 7.)) + sin(p.x * 11. + p.y * 8.);
  return sin(p.x * 31. + p.y * 23. + 1.7 * bend) * .6 + sin(p.z * 27. - p.x * 13. + 2.1 * bend) * .4;
}
// Mikkelsen, "Bump mapping unparametrized surfaces on the GPU" (2010).
vec3 folded(vec3 n) {
  float h = fold * height(anchor);
  vec3 px = dFdx(at), py = dFdy(at), r1 = cross(py, n), r2 = cross(n, px);
  float det = dot(px, r1);
  vec3 bumped = abs(det) * n - sign(det) * (dFdx(h) * r1 + dFdy(h) * r2);
  return length(bumped) > 0. ? normalize(bumped) : n;
}
void main() {
  vec3 n = normalize(n0), view = normalize(-at);
  if (dot(n, view) < 0.) n = n - 1.02 * dot(n, view) * view;
  n = normalize(n);
  if (fold > 0.) n = folded(n);
  vec3 matt = base;
  if (tile >= 0) { vec3 t = texture(cloth_tiles, vec3(abs(mod(st, 2.) - 1.), tile)).rgb; matt *= t * t; }
  float lit = sunlit(at, .004);
  vec3 light = skylight(n) * (1. - .2 * max(-n.y, 0.)) + sun_colour * max(dot(n, sun), 0.) * lit;
  float glint = pow(max(dot(n, normalize(sun + view)), 0.), 24.) * lit;
  float rim = pow(1. - max(dot(n, view), 0.), 4.);
  colour = vec4(matt * light + shine * (glint * sun_colour * .8 + rim * .12 * skylight(reflect(-view, n))), 1);
}"""
)

DEPTH_VERTEX = """#version 330
in vec3 position; uniform mat4 view;
void main() { gl_Position = view * vec4(position, 1); }"""

DEPTH_FRAGMENT = """#version 330
void main() {}"""

GROUND_VERTEX = """#version 330
in vec3 position; uniform mat4 projection; out vec3 at;
void main() { gl_Position = projection * vec4(position, 1); at = position; }"""

GROUND_FRAGMENT = (
    """#version 330
in vec3 at; uniform sampler2D openness; uniform mat4 below; uniform vec3 up; uniform vec3 sun; uniform vec3 sun_colour;
out vec4 shade;
"""
    + _SUN
    + _SKY
    + """
void main() {
  vec2 q = (below * vec4(at, 1)).xy * .5 + .5;
  float open = all(greaterThan(q, vec2(0))) && all(lessThan(q, vec2(1))) ? texture(openness, q).r : 1.;
  vec3 sky = skylight(up), direct = sun_colour * max(dot(up, sun), 0.);
  shade = vec4((sky * open + direct * sunlit(at, .006)) / (sky + direct), 1);
}"""
)

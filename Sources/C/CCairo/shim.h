// Cairo draws and Pango sets text; both come through pkg-config's pangocairo.
#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>

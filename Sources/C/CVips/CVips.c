#include "CVips.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

static void ignore_message(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {}

bool cvips_start(void) {
  // Messages of the decoders ("not enough data", odd tags) go to standard error otherwise; what matters comes back as status.
  g_log_set_handler("VIPS", G_LOG_LEVEL_MASK & ~G_LOG_LEVEL_ERROR, ignore_message, NULL);
  if (vips_init("saliency")) return false;
  vips_block_untrusted_set(TRUE);
  // Debian's libvips reads BMP through ImageMagick only. `open_picture` lets nothing else reach it.
  vips_operation_block_set("VipsForeignLoadMagickBuffer", FALSE);
  // Many pictures are decoded at once, each on a thread of its own, and none twice.
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  return true;
}

void cvips_free(void *memory) { g_free(memory); }

/// Replaces `*image` by the outcome of an operation on it; false when there is none.
static bool replace(VipsImage **image, VipsImage *outcome) {
  if (!outcome) return false;
  g_object_unref(*image);
  *image = outcome;
  return true;
}

static uint32_t little_endian(const uint8_t *bytes, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; i++) value |= (uint32_t)bytes[i] << (8 * i);
  return value;
}

/// Takes the size of a BMP from its header, because ImageMagick decodes while it opens.
static CVipsStatus open_bitmap(VipsSource *source, int64_t maximum_pixels, CVipsPicture *picture) {
  size_t count;
  const uint8_t *bytes = vips_source_map(source, &count);
  if (!bytes || count < 26) return CVIPS_DAMAGED;
  // The oldest headers (12 bytes, OS/2) have 16-bit sides, all others 32-bit ones; a negative height means top-down rows.
  bool oldest = little_endian(bytes + 14, 4) == 12;
  int64_t width = oldest ? (int64_t)little_endian(bytes + 18, 2) : (int32_t)little_endian(bytes + 18, 4);
  int64_t height = oldest ? (int64_t)little_endian(bytes + 20, 2) : (int32_t)little_endian(bytes + 22, 4);
  if (height < 0) height = -height;
  if (width <= 0 || height <= 0 || width > INT32_MAX || height > INT32_MAX) return CVIPS_DAMAGED;
  picture->width = (int)width;
  picture->height = (int)height;
  return width * height > maximum_pixels ? CVIPS_TOO_LARGE : CVIPS_OK;
}

static CVipsStatus load_bitmap(CVipsPicture *picture, VipsImage **image) {
  size_t count;
  const uint8_t *bytes = vips_source_map(picture->source, &count);
  if (!bytes || vips_magickload_buffer((void *)bytes, count, image, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL))
    return CVIPS_DAMAGED;
  // There is room for what the header says.
  return (*image)->Xsize == picture->width && (*image)->Ysize == picture->height ? CVIPS_OK : CVIPS_DAMAGED;
}

/// Whether the file has the chunks that it says to have before the pixels': libpng takes memory for them before it reads them.
static bool has_chunks(VipsSource *source) {
  gint64 length = vips_source_length(source);
  uint8_t head[8];
  for (gint64 place = 8; vips_source_seek(source, place, SEEK_SET) == place && vips_source_read(source, head, 8) == 8;) {
    if (memcmp(head + 4, "IDAT", 4) == 0) return vips_source_rewind(source) == 0;
    place += 12 + ((gint64)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3]);
    if (place > length) return false;
  }
  return false;
}

/// Recognises the format by its first bytes, reads the header and checks the size. Naming the decoder keeps the less
/// trusted ones out, and asking all of libvips' decoders would cost more than decoding a small picture.
static CVipsStatus open_picture(
  VipsSource *source, int64_t maximum_pixels, CVipsPicture *picture, VipsImage **image) {
  const char *start = (const char *)vips_source_sniff(source, 12);
  if (!start) return CVIPS_NOT_A_PICTURE;
  if (memcmp(start, "BM", 2) == 0) return open_bitmap(source, maximum_pixels, picture);

  int (*load)(VipsSource *, VipsImage **, ...) = NULL;
  if (memcmp(start, "\xff\xd8\xff", 3) == 0) load = vips_jpegload_source;
  if (memcmp(start, "\x89PNG\r\n\x1a\n", 8) == 0) load = vips_pngload_source;
  if (load == vips_pngload_source && !has_chunks(source)) return CVIPS_DAMAGED;
  if (memcmp(start, "GIF8", 4) == 0) load = vips_gifload_source;
  if (memcmp(start, "RIFF", 4) == 0 && memcmp(start + 8, "WEBP", 4) == 0) load = vips_webpload_source;
  // The little- and big-endian marks, with the version of plain TIFF and of BigTIFF.
  if (memcmp(start, "II*\0", 4) == 0 || memcmp(start, "II+\0", 4) == 0) load = vips_tiffload_source;
  if (memcmp(start, "MM\0*", 4) == 0 || memcmp(start, "MM\0+", 4) == 0) load = vips_tiffload_source;
  if (!load) return CVIPS_NOT_A_PICTURE;
  if (load(source, image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL))
    return CVIPS_DAMAGED;
  picture->width = (*image)->Xsize;
  picture->height = (*image)->Ysize;
  return (int64_t)picture->width * picture->height > maximum_pixels ? CVIPS_TOO_LARGE : CVIPS_OK;
}

static int colour_bands(VipsImage *image) { return image->Bands - (vips_image_hasalpha(image) ? 1 : 0); }

/// 8-bit grey or sRGB, with the alpha channel that there may be.
static CVipsStatus convert_colours(VipsImage **image) {
  VipsImage *outcome = NULL;
  VipsInterpretation type = (*image)->Type;
  VipsInterpretation target = colour_bands(*image) == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  if (type == VIPS_INTERPRETATION_CMYK) {
    vips_icc_transform(*image, &outcome, "srgb", "embedded", TRUE, "input_profile", "cmyk", "depth", 8, NULL);
    if (!replace(image, outcome)) return CVIPS_DAMAGED;
  } else if (
    (*image)->BandFmt == VIPS_FORMAT_USHORT
    && (type == VIPS_INTERPRETATION_GREY16 || type == VIPS_INTERPRETATION_RGB16)) {
    // The upper byte, as elsewhere. vips_colourspace goes through linear light and is off by one here and there.
    vips_cast(*image, &outcome, VIPS_FORMAT_UCHAR, "shift", TRUE, NULL);
    if (!replace(image, outcome)) return CVIPS_UNUSUAL_PIXELS;
    outcome = NULL;
    vips_copy(*image, &outcome, "interpretation", target, NULL);
    if (!replace(image, outcome)) return CVIPS_FAILED;
  } else if (type != target) {
    if (!vips_colourspace_issupported(*image)) return CVIPS_UNUSUAL_PIXELS;
    vips_colourspace(*image, &outcome, target, NULL);
    if (!replace(image, outcome)) return CVIPS_UNUSUAL_PIXELS;
  }
  bool grey_or_colour = colour_bands(*image) == 1 || colour_bands(*image) == 3;
  return (*image)->BandFmt == VIPS_FORMAT_UCHAR && grey_or_colour ? CVIPS_OK : CVIPS_UNUSUAL_PIXELS;
}

/// Lays some lines over white where they are transparent, and drops the alpha channel.
static bool flatten(VipsImage *image, const uint8_t *lines, int height, uint8_t *pixels, bool *had_transparency) {
  size_t count = (size_t)image->Xsize * height;
  for (size_t i = 0; i < count && !*had_transparency; i++) *had_transparency = lines[(i + 1) * image->Bands - 1] < 255;
  VipsImage *strip = vips_image_new_from_memory(
    lines, count * image->Bands, image->Xsize, height, image->Bands, VIPS_FORMAT_UCHAR);
  if (!strip) return false;
  strip->Type = image->Type;
  VipsImage *outcome = NULL;
  VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
  bool done = vips_flatten(strip, &outcome, "background", white, NULL) == 0;
  vips_area_unref(VIPS_AREA(white));
  g_object_unref(strip);
  if (!done) return false;
  VipsRegion *region = vips_region_new(outcome);
  VipsRect area = {0, 0, outcome->Xsize, outcome->Ysize};
  size_t line = (size_t)outcome->Xsize * outcome->Bands;
  done = vips_region_prepare(region, &area) == 0;
  for (int y = 0; done && y < height; y++) memcpy(pixels + y * line, VIPS_REGION_ADDR(region, 0, y), line);
  g_object_unref(region);
  g_object_unref(outcome);
  return done;
}

/// Computes all pixels on the calling thread, some lines at a time: small pictures take half as long as with
/// vips_image_write_to_memory, which starts a thread for each, and of large ones nothing but `pixels` is kept.
static CVipsStatus copy_pixels(VipsImage *image, CVipsPicture *picture, uint8_t *pixels) {
  const int most = 128;
  bool has_alpha = vips_image_hasalpha(image);
  size_t line = (size_t)image->Xsize * image->Bands;
  uint8_t *strip = has_alpha ? g_try_malloc(line * most) : NULL;
  if (has_alpha && !strip) return CVIPS_FAILED;
  picture->width = image->Xsize;
  picture->height = image->Ysize;
  picture->channels = colour_bands(image);
  VipsRegion *region = vips_region_new(image);
  CVipsStatus status = CVIPS_OK;
  for (int top = 0; status == CVIPS_OK && top < image->Ysize; top += most) {
    VipsRect area = {0, top, image->Xsize, VIPS_MIN(most, image->Ysize - top)};
    if (vips_region_prepare(region, &area)) {
      status = CVIPS_DAMAGED;
      break;
    }
    uint8_t *place = pixels + (size_t)top * image->Xsize * picture->channels;
    uint8_t *lines = has_alpha ? strip : place;
    for (int y = 0; y < area.height; y++) memcpy(lines + y * line, VIPS_REGION_ADDR(region, 0, top + y), line);
    if (has_alpha && !flatten(image, strip, area.height, place, &picture->had_transparency)) status = CVIPS_FAILED;
  }
  g_object_unref(region);
  g_free(strip);
  return status;
}

static CVipsStatus decode(VipsImage **image, CVipsPicture *picture, uint8_t *pixels) {
  CVipsStatus status = convert_colours(image);
  if (status != CVIPS_OK) return status;
  if (vips_image_get_orientation(*image) > 1) {
    // It needs pixels out of order, and the decoder gives them from top to bottom.
    if (!replace(image, vips_image_copy_memory(*image))) return CVIPS_DAMAGED;
    VipsImage *outcome = NULL;
    vips_autorot(*image, &outcome, NULL);
    if (!replace(image, outcome)) return CVIPS_FAILED;
  }
  return copy_pixels(*image, picture, pixels);
}

/// Takes the source over.
static CVipsStatus open_source(VipsSource *source, int64_t maximum_pixels, CVipsPicture *picture) {
  if (!source) return CVIPS_FAILED;
  picture->source = source;
  VipsImage *image = NULL;
  CVipsStatus status = open_picture(source, maximum_pixels, picture, &image);
  picture->image = image;
  // One buffer for the whole process, in which messages of several threads mix: of no use to say what went wrong here.
  if (status != CVIPS_OK) vips_error_clear();
  return status;
}

CVipsStatus cvips_open(const char *path, int64_t maximum_pixels, CVipsPicture *picture) {
  *picture = (CVipsPicture){0};
  // Without O_NONBLOCK the opening of a pipe that nobody writes to would never end.
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat information;
  if (file < 0 || fstat(file, &information) != 0) {
    picture->system_error = errno;
    if (file >= 0) close(file);
    return CVIPS_UNREADABLE;
  }
  if (!S_ISREG(information.st_mode) || information.st_size == 0) {
    close(file);
    if (S_ISREG(information.st_mode)) return CVIPS_EMPTY;
    picture->system_error = S_ISDIR(information.st_mode) ? EISDIR : EINVAL;
    return CVIPS_UNREADABLE;
  }
  VipsSource *source = vips_source_new_from_descriptor(file);
  close(file);
  return open_source(source, maximum_pixels, picture);
}

CVipsStatus cvips_open_memory(
  const void *bytes, size_t count, int64_t maximum_pixels, CVipsPicture *picture) {
  *picture = (CVipsPicture){0};
  if (count == 0) return CVIPS_EMPTY;
  return open_source(vips_source_new_from_memory(bytes, count), maximum_pixels, picture);
}

CVipsStatus cvips_decode(CVipsPicture *picture, uint8_t *pixels) {
  VipsImage *image = picture->image;
  picture->image = NULL;
  CVipsStatus status = image ? CVIPS_OK : load_bitmap(picture, &image);
  if (status == CVIPS_OK) status = decode(&image, picture, pixels);
  if (image) g_object_unref(image);
  if (status != CVIPS_OK) vips_error_clear();
  return status;
}

void cvips_close(CVipsPicture *picture) {
  if (picture->image) g_object_unref(picture->image);
  if (picture->source) g_object_unref(picture->source);
  picture->image = NULL;
  picture->source = NULL;
}

CVipsStatus cvips_encode(
  const char *format, const uint8_t *pixels, int width, int height, int channels, void **bytes, size_t *count) {
  size_t size = (size_t)width * height * channels;
  VipsImage *image = vips_image_new_from_memory(pixels, size, width, height, channels, VIPS_FORMAT_UCHAR);
  if (!image) return CVIPS_FAILED;
  image->Type = channels == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  int failure = vips_image_write_to_buffer(image, format, bytes, count, NULL);
  g_object_unref(image);
  if (failure) vips_error_clear();
  return failure ? CVIPS_FAILED : CVIPS_OK;
}

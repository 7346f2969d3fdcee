// The little of libvips that this package needs, as plain C: Swift cannot call its variadic functions.

#ifndef CVIPS_H
#define CVIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How a call ended.
typedef enum {
  CVIPS_OK,
  /// The file cannot be opened or is not a plain file; `system_error` says why, in errno's terms.
  CVIPS_UNREADABLE,
  CVIPS_EMPTY,
  /// The content is of no format that is read here.
  CVIPS_NOT_A_PICTURE,
  /// `width` and `height` are set; nothing has been decoded.
  CVIPS_TOO_LARGE,
  /// Truncated, damaged, or beyond a limit of the decoder.
  CVIPS_DAMAGED,
  /// Neither grey nor colour: more bands, or numbers without a known range.
  CVIPS_UNUSUAL_PIXELS,
  CVIPS_FAILED,
} CVipsStatus;

/// A picture file. `cvips_decode` sets what is not known before.
typedef struct {
  /// As stored until it is decoded, then upright.
  int width;
  int height;
  int channels;
  bool had_transparency;
  int system_error;
  /// Owned by the picture until `cvips_close`.
  void *source;
  void *image;
} CVipsPicture;

/// Starts libvips for the process: hardened decoders only, one thread per picture, no cache, nothing printed. Call it
/// once, before anything else here. False when libvips cannot start.
bool cvips_start(void);

/// Opens the file at `path` and reads its header: the size is known and nothing decoded. Close the picture, whatever the status
/// is. Safe on any number of threads at once, each with a picture of its own.
CVipsStatus cvips_open(const char *path, int64_t maximum_pixels, CVipsPicture *picture);

/// The same for a file's content, which is not changed and stays until the picture is closed.
CVipsStatus cvips_open_memory(
  const void *bytes, size_t count, int64_t maximum_pixels, CVipsPicture *picture);

/// Decodes the first frame or page of an opened picture, once: 8 bits, upright, 1 (grey) or 3 (sRGB) interleaved channels.
/// `pixels` has room for three channels.
CVipsStatus cvips_decode(CVipsPicture *picture, uint8_t *pixels);

void cvips_close(CVipsPicture *picture);

/// Encodes interleaved 8-bit pixels (1 or 3 channels) in a format that libvips knows by a suffix with options, such as
/// ".jpg[Q=92]"; `bytes` is the caller's, to be freed with `cvips_free`.
CVipsStatus cvips_encode(
  const char *format, const uint8_t *pixels, int width, int height, int channels, void **bytes, size_t *count);

/// Frees what a function above handed out; null is fine.
void cvips_free(void *memory);

#endif

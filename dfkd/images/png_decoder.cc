#include "dfkd/images/png_decoder.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/images/color.h"

namespace dfkd {
namespace {

// What libpng's callbacks reach through their one pointer. Everything that owns memory lives here,
// outside of the function that longjmp returns to.
struct PngReader {
  absl::string_view rest;  // of the file
  std::string error;
  png_structp png = nullptr;
  png_infop info = nullptr;

  // Set by ReadHeader.
  int64_t width = 0;
  int64_t height = 0;
  int samples = 0;         // a pixel: 1 or 3 after libpng's conversions
  bool deep_grey = false;  // samples of two bytes, the high one first
  bool has_palette = false;
  std::array<png_color, 256> palette = {};

  std::vector<uint8_t> pixels;  // [height, width, samples], as libpng gives them
  std::vector<png_bytep> rows;
};

void ReadBytes(png_structp png, png_bytep to, png_size_t size) {
  auto* reader = static_cast<PngReader*>(png_get_io_ptr(png));
  if (size > reader->rest.size()) png_error(png, "the file ends too early");
  std::memcpy(to, reader->rest.data(), size);
  reader->rest.remove_prefix(size);
}

void KeepError(png_structp png, png_const_charp message) {
  static_cast<PngReader*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void IgnoreWarning(png_structp, png_const_charp) {}

// The only function that libpng's errors jump into. Neither it nor the steps have destructors.
bool Try(PngReader* reader, void (*step)(PngReader*)) {
  if (setjmp(png_jmpbuf(reader->png))) return false;
  step(reader);
  return true;
}

// What follows from the colour type: conversions by libpng, and what is left for us.
void ReadHeader(PngReader* reader) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  png_set_read_fn(png, reader, ReadBytes);
  // Texts, profiles and the like, some of them compressed, are passed over.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(png, info);
  reader->width = png_get_image_width(png, info);
  reader->height = png_get_image_height(png, info);
  const int type = png_get_color_type(png, info);
  const int depth = png_get_bit_depth(png, info);
  reader->has_palette = type == PNG_COLOR_TYPE_PALETTE;
  reader->deep_grey = type == PNG_COLOR_TYPE_GRAY && depth == 16;
  reader->samples = type == PNG_COLOR_TYPE_RGB || type == PNG_COLOR_TYPE_RGB_ALPHA ? 3 : 1;
  if (reader->has_palette) {
    png_colorp colors = nullptr;
    int count = 0;
    png_get_PLTE(png, info, &colors, &count);
    std::copy_n(colors, std::clamp(count, 0, 256), reader->palette.begin());
    png_set_packing(png);
  } else if (depth < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  } else if (depth == 16 && !reader->deep_grey) {
    png_set_strip_16(png);
  }
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

void ReadPixels(PngReader* reader) {
  png_read_image(reader->png, reader->rows.data());
  png_read_end(reader->png, nullptr);
}

absl::Status ReadAll(PngReader* reader, int64_t file_bytes) {
  const auto failure = [&] {
    return InputFileError(absl::StrCat("is not a PNG file that can be read: ", reader->error));
  };
  if (!Try(reader, ReadHeader)) return failure();
  DFKD_RETURN_IF_ERROR(CheckImageSize(reader->width, reader->height, file_bytes));
  const int64_t row_bytes = reader->width * reader->samples * (reader->deep_grey ? 2 : 1);
  if (static_cast<int64_t>(png_get_rowbytes(reader->png, reader->info)) != row_bytes) {
    return InputFileError("is a PNG file of a kind that is not known");
  }
  reader->pixels.resize(row_bytes * reader->height);
  for (int64_t y = 0; y < reader->height; ++y) {
    reader->rows.push_back(reader->pixels.data() + y * row_bytes);
  }
  return Try(reader, ReadPixels) ? absl::OkStatus() : failure();
}

// R, G and B of pixel i.
std::array<uint8_t, 3> ColorAt(const PngReader& reader, int64_t i) {
  const uint8_t* pixel = reader.pixels.data() + i * reader.samples * (reader.deep_grey ? 2 : 1);
  if (reader.samples == 3) return {pixel[0], pixel[1], pixel[2]};
  if (reader.has_palette) {
    const png_color& color = reader.palette[pixel[0]];
    return {color.red, color.green, color.blue};
  }
  const uint8_t grey = !reader.deep_grey ? pixel[0] : pixel[0] > 0 ? 255 : pixel[1];
  return {grey, grey, grey};
}

}  // namespace

absl::StatusOr<Image> DecodePng(absl::string_view bytes, ColorMode mode) {
  PngReader reader;
  reader.rest = bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, KeepError, IgnoreWarning);
  if (reader.png == nullptr) return absl::ResourceExhaustedError("PNG: out of memory");
  const absl::Cleanup free_reader = [&] {
    png_destroy_read_struct(&reader.png, &reader.info, nullptr);
  };
  reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return absl::ResourceExhaustedError("PNG: out of memory");
  DFKD_RETURN_IF_ERROR(ReadAll(&reader, static_cast<int64_t>(bytes.size())));

  Image image(mode == ColorMode::kRgb ? 3 : 1, reader.height, reader.width);
  const int64_t count = reader.height * reader.width;
  for (int64_t i = 0; i < count; ++i) {
    const std::array<uint8_t, 3> color = ColorAt(reader, i);
    if (mode == ColorMode::kGrey) {
      image.pixels[i] = Luma(color[0], color[1], color[2]);
    } else {
      for (int64_t c = 0; c < 3; ++c) image.pixels[c * count + i] = color[c];
    }
  }
  return image;
}

}  // namespace dfkd

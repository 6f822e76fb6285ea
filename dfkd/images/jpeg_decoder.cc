#include "dfkd/images/jpeg_decoder.h"

#include <jerror.h>
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h wants FILE
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/images/color.h"

namespace dfkd {
namespace {

// Files have ten or so; each costs the time of a whole picture.
constexpr int kMaxScans = 100;

// What libjpeg's callbacks reach through client_data. Everything that owns memory lives here,
// outside of the function that longjmp returns to.
struct JpegReader {
  absl::string_view bytes;
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg_source_mgr source = {};
  jpeg_progress_mgr progress = {};
  jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> message = {};
  std::vector<uint8_t> row;  // one row as libjpeg gives it
  Image image;
};

JpegReader* ReaderOf(void* jpeg) {
  return static_cast<JpegReader*>(static_cast<j_common_ptr>(jpeg)->client_data);
}

[[noreturn]] void Fail(JpegReader* reader, const char* message) {
  std::snprintf(reader->message.data(), reader->message.size(), "%s", message);
  std::longjmp(reader->jump, 1);
}

void KeepError(j_common_ptr jpeg) {
  std::array<char, JMSG_LENGTH_MAX> message;
  jpeg->err->format_message(jpeg, message.data());
  Fail(ReaderOf(jpeg), message.data());
}

// Of surplus bytes before a marker, or of a damaged block. Pillow does not mind them either.
void IgnoreWarning(j_common_ptr, int) {}

void DoNothing(j_decompress_ptr) {}

boolean EndOfBytes(j_decompress_ptr jpeg) { Fail(ReaderOf(jpeg), "the file ends too early"); }

void SkipBytes(j_decompress_ptr jpeg, long count) {  // NOLINT: libjpeg's type
  if (count <= 0) return;
  jpeg_source_mgr* source = jpeg->src;
  if (static_cast<size_t>(count) > source->bytes_in_buffer) EndOfBytes(jpeg);
  source->next_input_byte += count;
  source->bytes_in_buffer -= count;
}

void CountScans(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMaxScans) {
    Fail(ReaderOf(jpeg), "it has more scans than a picture needs");
  }
}

// The only function that libjpeg's errors jump into. Neither it nor the steps have destructors.
bool Try(JpegReader* reader, void (*step)(JpegReader*)) {
  if (setjmp(reader->jump)) return false;
  step(reader);
  return true;
}

void ReadHeader(JpegReader* reader) {
  j_decompress_ptr jpeg = &reader->jpeg;
  jpeg_create_decompress(jpeg);
  reader->source.next_input_byte = reinterpret_cast<const JOCTET*>(reader->bytes.data());
  reader->source.bytes_in_buffer = reader->bytes.size();
  reader->source.init_source = DoNothing;
  reader->source.fill_input_buffer = EndOfBytes;
  reader->source.skip_input_data = SkipBytes;
  reader->source.resync_to_restart = jpeg_resync_to_restart;
  reader->source.term_source = DoNothing;
  jpeg->src = &reader->source;
  reader->progress.progress_monitor = CountScans;
  jpeg->progress = &reader->progress;
  jpeg_read_header(jpeg, TRUE);
}

void StoreRow(JpegReader* reader, int64_t y) {
  const int components = reader->jpeg.output_components;
  Image& image = reader->image;
  for (int64_t x = 0; x < image.width; ++x) {
    const uint8_t* pixel = reader->row.data() + x * components;
    std::array<uint8_t, 3> color = {pixel[0], pixel[0], pixel[0]};
    if (components == 3) color = {pixel[0], pixel[1], pixel[2]};
    if (components == 4) {  // C, M, Y, K with 255 for none
      for (int c = 0; c < 3; ++c) color[c] = FromInk(255 - pixel[c], 255 - pixel[3]);
    }
    const int64_t at = y * image.width + x;
    if (image.channels == 1) {
      image.pixels[at] = Luma(color[0], color[1], color[2]);
    } else {
      for (int64_t c = 0; c < 3; ++c) image.plane(c)[at] = color[c];
    }
  }
}

// With libjpeg's defaults, which are Pillow's: the accurate integer DCT, smooth upsampling.
void ReadPixels(JpegReader* reader) {
  j_decompress_ptr jpeg = &reader->jpeg;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    const int64_t y = jpeg->output_scanline;
    JSAMPROW row = reader->row.data();
    jpeg_read_scanlines(jpeg, &row, 1);
    StoreRow(reader, y);
  }
}

// Grey, RGB or CMYK, by the number of components.
absl::Status ChooseColors(j_decompress_ptr jpeg) {
  switch (jpeg->num_components) {
    case 1:
      jpeg->out_color_space = JCS_GRAYSCALE;
      return absl::OkStatus();
    case 3:
      jpeg->out_color_space = JCS_RGB;
      return absl::OkStatus();
    case 4:
      jpeg->out_color_space = JCS_CMYK;
      return absl::OkStatus();
    default:
      return InputFileError(absl::StrCat("is a JPEG file with ", jpeg->num_components,
                                         " colour components; must have 1, 3 or 4"));
  }
}

}  // namespace

absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes, ColorMode mode) {
  JpegReader reader;
  reader.bytes = bytes;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = KeepError;
  reader.errors.emit_message = IgnoreWarning;
  reader.jpeg.client_data = &reader;
  const absl::Cleanup free_reader = [&] { jpeg_destroy_decompress(&reader.jpeg); };
  const auto failure = [&] {
    return InputFileError(
        absl::StrCat("is not a JPEG file that can be read: ", reader.message.data()));
  };
  if (!Try(&reader, ReadHeader)) return failure();
  const int64_t width = reader.jpeg.image_width, height = reader.jpeg.image_height;
  DFKD_RETURN_IF_ERROR(CheckImageSize(width, height, static_cast<int64_t>(bytes.size())));
  DFKD_RETURN_IF_ERROR(ChooseColors(&reader.jpeg));
  reader.row.resize(width * reader.jpeg.num_components);
  reader.image = Image(mode == ColorMode::kRgb ? 3 : 1, height, width);
  if (!Try(&reader, ReadPixels)) return failure();
  return std::move(reader.image);
}

}  // namespace dfkd

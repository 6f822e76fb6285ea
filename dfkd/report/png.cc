#include "dfkd/report/png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr absl::string_view kSignature("\x89PNG\r\n\x1a\n", 8);

// What libpng's callbacks reach through their one pointer. Everything that owns memory lives here,
// outside the function that longjmp returns to.
struct EncoderState {
  std::string out;
  std::string error;
  std::vector<png_bytep> rows;
  std::vector<png_text> texts;
};

void AppendBytes(png_structp png, png_bytep data, png_size_t size) {
  static_cast<EncoderState*>(png_get_io_ptr(png))
      ->out.append(reinterpret_cast<const char*>(data), size);
}

void FlushNothing(png_structp) {}

void KeepError(png_structp png, png_const_charp message) {
  static_cast<EncoderState*>(png_get_error_ptr(png))->error = message;
  png_longjmp(png, 1);
}

void IgnoreWarning(png_structp, png_const_charp) {}

// The only function that libpng's errors jump into; it has no destructors to skip.
bool Encode(png_structp png, png_infop info, png_uint_32 height, png_uint_32 width, bool color,
            EncoderState* state) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, state, AppendBytes, FlushNothing);
  png_set_compression_level(png, 6);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE | PNG_FILTER_SUB | PNG_FILTER_UP);
  png_set_IHDR(png, info, width, height, 8, color ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_text(png, info, state->texts.data(), static_cast<int>(state->texts.size()));
  png_write_info(png, info);
  png_write_image(png, state->rows.data());
  png_write_end(png, nullptr);
  return true;
}

png_text MakeText(const std::string& keyword, const std::string& value) {
  png_text text = {};
  text.compression = PNG_ITXT_COMPRESSION_NONE;
  text.key = const_cast<char*>(keyword.c_str());
  text.text = const_cast<char*>(value.c_str());
  text.itxt_length = value.size();
  static char no_language[] = "";
  text.lang = no_language;
  text.lang_key = no_language;
  return text;
}

int64_t BigEndian32(absl::string_view bytes) {
  int64_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// data: keyword, 0, compressed?, method, language, 0, translated keyword, 0, text.
void AddInternationalText(absl::string_view data, PngTexts* texts) {
  const size_t keyword_end = data.find('\0');
  if (keyword_end == absl::string_view::npos || keyword_end + 3 > data.size()) return;
  if (data[keyword_end + 1] != 0) return;
  const size_t language_end = data.find('\0', keyword_end + 3);
  if (language_end == absl::string_view::npos) return;
  const size_t translation_end = data.find('\0', language_end + 1);
  if (translation_end == absl::string_view::npos) return;
  texts->emplace(data.substr(0, keyword_end), data.substr(translation_end + 1));
}

}  // namespace

absl::StatusOr<std::string> EncodePng(const at::Tensor& image, const PngTexts& texts) {
  CHECK_EQ(image.dim(), 3);
  CHECK(image.scalar_type() == at::kByte);
  const int64_t channels = image.size(0), height = image.size(1), width = image.size(2);
  CHECK(channels == 1 || channels == 3) << channels << " channels";
  const at::Tensor pixels = image.cpu().permute({1, 2, 0}).contiguous();  // [H, W, C]

  EncoderState state;
  auto* bytes = const_cast<uint8_t*>(pixels.const_data_ptr<uint8_t>());
  for (int64_t y = 0; y < height; ++y) state.rows.push_back(bytes + y * width * channels);
  for (const auto& [keyword, value] : texts) state.texts.push_back(MakeText(keyword, value));

  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, KeepError, IgnoreWarning);
  if (png == nullptr) return absl::ResourceExhaustedError("PNG: out of memory");
  png_infop info = png_create_info_struct(png);
  const bool encoded =
      info != nullptr && Encode(png, info, static_cast<png_uint_32>(height),
                                static_cast<png_uint_32>(width), channels == 3, &state);
  png_destroy_write_struct(&png, &info);
  if (!encoded) {
    return absl::InternalError(absl::StrCat("PNG of ", width, " x ", height, ": ", state.error));
  }
  return std::move(state.out);
}

absl::StatusOr<PngInfo> ReadPngInfo(absl::string_view png) {
  const absl::Status malformed = absl::InvalidArgumentError("not a whole PNG file");
  if (png.substr(0, 8) != kSignature) return malformed;
  png.remove_prefix(8);
  PngInfo info;
  // A chunk: length of the data, type, data, checksum.
  while (png.size() >= 12) {
    const int64_t length = BigEndian32(png);
    if (length > static_cast<int64_t>(png.size()) - 12) return malformed;
    const absl::string_view type = png.substr(4, 4);
    const absl::string_view data = png.substr(8, length);
    png.remove_prefix(12 + length);
    if (type == "IHDR" && length >= 8) {
      info.width = BigEndian32(data);
      info.height = BigEndian32(data.substr(4));
    } else if (type == "iTXt") {
      AddInternationalText(data, &info.texts);
    } else if (type == "IEND") {
      if (info.width < 1 || info.height < 1) return malformed;
      return info;
    }
  }
  return malformed;
}

}  // namespace dfkd

#include "dfkd/images/image_forge.h"

#include <jpeglib.h>
#include <png.h>

#include <cstdio>  // jpeglib.h wants FILE
#include <cstdlib>
#include <vector>

#include "glog/logging.h"

namespace dfkd {
namespace {

std::vector<uint8_t> Interleaved(const Image& image) {
  CHECK(image.channels == 1 || image.channels == 3) << image.channels << " channels";
  std::vector<uint8_t> pixels;
  for (int64_t i = 0; i < image.height * image.width; ++i) {
    for (int64_t c = 0; c < image.channels; ++c) pixels.push_back(image.plane(c)[i]);
  }
  return pixels;
}

}  // namespace

std::string ForgePng(const Image& image) {
  const std::vector<uint8_t> pixels = Interleaved(image);
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string file(size, '\0');
  CHECK(png_image_write_to_memory(&header, file.data(), &size, /*convert_to_8_bit=*/0,
                                  pixels.data(), /*row_stride=*/0, /*colormap=*/nullptr))
      << header.message;
  file.resize(size);
  return file;
}

std::string ForgeJpeg(const Image& image, int quality) {
  std::vector<uint8_t> pixels = Interleaved(image);
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);  // ends the program
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT: libjpeg's type
  jpeg_mem_dest(&jpeg, &bytes, &size);
  jpeg.image_width = static_cast<JDIMENSION>(image.width);
  jpeg.image_height = static_cast<JDIMENSION>(image.height);
  jpeg.input_components = static_cast<int>(image.channels);
  jpeg.in_color_space = image.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  for (int64_t y = 0; y < image.height; ++y) {
    JSAMPROW row = pixels.data() + y * image.width * image.channels;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string file(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return file;
}

}  // namespace dfkd

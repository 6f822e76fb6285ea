#include "dfkd/report/tensorboard.h"

#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crc32c/crc32c.h"
#include "dfkd/report/tensorboard_event.pb.h"

namespace dfkd {
namespace {

void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

// CRC32C, rotated and shifted so that a checksum of bytes that hold checksums is still a good one
// (TFRecord's definition).
void AppendMaskedCrc(absl::string_view bytes, std::string* out) {
  const uint32_t crc = crc32c::Crc32c(bytes.data(), bytes.size());
  AppendLittleEndian(((crc >> 15) | (crc << 17)) + 0xa282ead8u, 4, out);
}

std::string Record(const tensorboard::Event& event) {
  const std::string message = event.SerializeAsString();
  std::string length;
  AppendLittleEndian(message.size(), 8, &length);
  std::string record = length;
  AppendMaskedCrc(length, &record);
  record += message;
  AppendMaskedCrc(message, &record);
  return record;
}

}  // namespace

std::string TensorBoardTag(absl::string_view metric) {
  for (absl::string_view group : {"loss", "seconds", "test", "validation"}) {
    if (metric.size() > group.size() + 1 && absl::StartsWith(metric, group) &&
        metric[group.size()] == '_') {
      return absl::StrCat(group, "/", metric.substr(group.size() + 1));
    }
  }
  return absl::StrCat("run/", metric);
}

std::string TensorBoardFileHeader() {
  tensorboard::Event event;
  event.set_file_version("brain.Event:2");
  return Record(event);
}

std::string TensorBoardScalars(int64_t step, double wall_time, const MetricsRow& row) {
  tensorboard::Event event;
  event.set_step(step);
  event.set_wall_time(wall_time);
  for (const auto& [name, number] : row) {
    tensorboard::Summary::Value* value = event.mutable_summary()->add_value();
    value->set_tag(TensorBoardTag(name));
    value->set_simple_value(static_cast<float>(number));
  }
  return Record(event);
}

std::string TensorBoardImage(int64_t step, double wall_time, absl::string_view tag,
                             absl::string_view png, int64_t height, int64_t width) {
  tensorboard::Event event;
  event.set_step(step);
  event.set_wall_time(wall_time);
  tensorboard::Summary::Value* value = event.mutable_summary()->add_value();
  value->set_tag(std::string(tag));
  tensorboard::Summary::Image* image = value->mutable_image();
  image->set_height(static_cast<int32_t>(height));
  image->set_width(static_cast<int32_t>(width));
  image->set_colorspace(3);
  image->set_encoded_image_string(std::string(png));
  return Record(event);
}

}  // namespace dfkd

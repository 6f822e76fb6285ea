#include "dfkd/weights/safetensors.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr absl::string_view kMetadataKey = "__metadata__";

absl::Status Refuse(absl::string_view what) {
  return InputFileError(absl::StrCat("safetensors: ", what));
}

struct Entry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> sizes;
  std::vector<int64_t> data_offsets;  // begin and end in the buffer
};

// Takes the header's JSON piece by piece, and nothing but a header: whatever stands where it may
// not, nesting included, ends the parse before anything is kept of it.
class HeaderReader {
 public:
  bool null() { return Unexpected("null"); }
  bool boolean(bool) { return Unexpected("a boolean"); }
  bool number_float(double, const std::string&) { return Unexpected("a number"); }
  bool binary(nlohmann::json::binary_t&) { return Unexpected("binary data"); }
  bool number_integer(int64_t) { return Unexpected("a negative number"); }

  bool number_unsigned(uint64_t value) {
    std::vector<int64_t>& list = place_ == Place::kShape ? entry_.sizes : entry_.data_offsets;
    if (place_ != Place::kShape && place_ != Place::kOffsets) return Unexpected("a number");
    if (value > INT64_MAX) return Fail(absl::StrCat(Where(), " holds ", value, ", beyond 63 bits"));
    if (place_ == Place::kShape && list.size() == kMaxRank) {
      return Fail(
          absl::StrCat("tensor ", Quoted(entry_.name), " has more than ", kMaxRank, " dimensions"));
    }
    if (place_ == Place::kOffsets && list.size() == 2) {
      return Fail(absl::StrCat(Where(), " holds more than two numbers"));
    }
    list.push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::kMetadata) {
      records_.metadata[key_] = std::move(value);
      return true;
    }
    if (place_ != Place::kEntry || key_ != "dtype") return Unexpected("a string");
    const std::optional<DType> dtype = DTypeFromName(value);
    if (!dtype) {
      return Fail(
          absl::StrCat("tensor ", Quoted(entry_.name), " has unknown dtype ", Quoted(value)));
    }
    entry_.dtype = *dtype;
    return true;
  }

  bool start_object(size_t) {
    switch (place_) {
      case Place::kOutside:
        place_ = Place::kRoot;
        return true;
      case Place::kRoot:
        place_ = key_ == kMetadataKey ? Place::kMetadata : Place::kEntry;
        entry_ = Entry();
        entry_.name = key_;
        fields_.clear();
        return true;
      default:
        return Unexpected("an object");
    }
  }

  bool key(std::string& value) {
    key_ = std::move(value);
    switch (place_) {
      case Place::kRoot:
        if (!names_.insert(key_).second) return Fail("duplicate name " + Quoted(key_));
        return true;
      case Place::kMetadata:
        if (records_.metadata.contains(key_)) return Fail("duplicate metadata " + Quoted(key_));
        return true;
      default:
        if (key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
          return Fail(
              absl::StrCat("tensor ", Quoted(entry_.name), " has an unknown field ", Quoted(key_)));
        }
        if (!fields_.insert(key_).second) {
          return Fail(
              absl::StrCat("tensor ", Quoted(entry_.name), " has two fields ", Quoted(key_)));
        }
        return true;
    }
  }

  bool end_object() {
    if (place_ == Place::kRoot) {
      place_ = Place::kOutside;
      return true;
    }
    if (place_ == Place::kEntry) {
      if (fields_.size() != 3 || entry_.data_offsets.size() != 2) {
        return Fail(absl::StrCat("tensor ", Quoted(entry_.name),
                                 " lacks one of dtype, shape and two data_offsets"));
      }
      entries_.push_back(std::move(entry_));
    }
    place_ = Place::kRoot;
    return true;
  }

  bool start_array(size_t) {
    if (place_ != Place::kEntry || key_ == "dtype") return Unexpected("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() {
    place_ = Place::kEntry;
    return true;
  }

  // Also where the text is not UTF-8.
  bool parse_error(size_t byte, const std::string&, const nlohmann::json::exception&) {
    return Fail(absl::StrCat("the header is not valid JSON at its byte ", byte));
  }

  const absl::Status& status() const { return status_; }
  std::vector<Entry>& entries() { return entries_; }
  TensorRecords& records() { return records_; }

 private:
  enum class Place { kOutside, kRoot, kMetadata, kEntry, kShape, kOffsets };

  bool Fail(absl::string_view what) {
    status_ = Refuse(what);
    return false;
  }

  bool Unexpected(absl::string_view what) {
    return Fail(absl::StrCat(Where(), " may not hold ", what));
  }

  std::string Where() const {
    switch (place_) {
      case Place::kOutside:
        return "the header";
      case Place::kRoot:
        return absl::StrCat("the header's ", Quoted(key_));
      case Place::kMetadata:
        return absl::StrCat("metadata ", Quoted(key_));
      default:
        return absl::StrCat(key_, " of tensor ", Quoted(entry_.name));
    }
  }

  Place place_ = Place::kOutside;
  std::string key_;
  Entry entry_;
  std::set<std::string> fields_;
  std::set<std::string> names_;
  std::vector<Entry> entries_;
  TensorRecords records_;
  absl::Status status_;
};

// The entries sorted by place must fill the buffer from its first byte to its last.
absl::Status TakeRecords(std::vector<Entry>& entries, absl::string_view buffer,
                         std::vector<TensorRecord>& tensors) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.data_offsets < b.data_offsets; });
  int64_t end = 0;
  for (Entry& entry : entries) {
    const std::string tensor = absl::StrCat("tensor ", Quoted(entry.name));
    if (entry.data_offsets[0] != end) {
      return Refuse(absl::StrCat(tensor, " begins at byte ", entry.data_offsets[0],
                                 " of the buffer; must be ", end, ", where the one before ends"));
    }
    end = entry.data_offsets[1];
    if (end < entry.data_offsets[0] || end > static_cast<int64_t>(buffer.size())) {
      return Refuse(absl::StrCat(tensor, " ends at byte ", end, " of a buffer of ", buffer.size()));
    }
    const std::optional<int64_t> elements = CountElements(entry.sizes, entry.dtype);
    const int64_t bytes = end - entry.data_offsets[0];
    if (!elements || *elements * ItemSize(entry.dtype) != bytes) {
      return Refuse(absl::StrCat(tensor, " of type ", NameOf(entry.dtype), " holds ", bytes,
                                 " bytes, which its shape does not give"));
    }
    TensorRecord record;
    record.name = std::move(entry.name);
    record.dtype = entry.dtype;
    record.strides = ContiguousStrides(entry.sizes);
    record.sizes = std::move(entry.sizes);
    record.storage = buffer.substr(entry.data_offsets[0], bytes);
    tensors.push_back(std::move(record));
  }
  if (end != static_cast<int64_t>(buffer.size())) {
    return Refuse(absl::StrCat("the tensors end at byte ", end, " of a buffer of ", buffer.size()));
  }
  return absl::OkStatus();
}

std::string JsonString(absl::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonEntry(const TensorSpec& tensor, int64_t begin, int64_t end) {
  return absl::StrCat(JsonString(tensor.name), ":{\"dtype\":\"", NameOf(tensor.dtype),
                      "\",\"shape\":[", absl::StrJoin(tensor.sizes, ","), "],\"data_offsets\":[",
                      begin, ",", end, "]}");
}

}  // namespace

absl::StatusOr<TensorRecords> ParseSafetensorsRecords(absl::string_view bytes) {
  if (bytes.size() < 8) return Refuse(absl::StrCat("a file of ", bytes.size(), " bytes is none"));
  const uint64_t length = LoadLittleEndian<uint64_t>(bytes.data());
  bytes.remove_prefix(8);
  if (length > bytes.size()) {
    return Refuse(absl::StrCat("the header of ", length,
                               " bytes is longer than the file, which has ", bytes.size(),
                               " after the length"));
  }
  if (length > kMaxHeaderBytes) {
    return Refuse(
        absl::StrCat("the header of ", length, " bytes is longer than ", kMaxHeaderBytes));
  }
  const absl::string_view header = bytes.substr(0, length);
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(header.begin(), header.end(), &reader)) return reader.status();
  TensorRecords& records = reader.records();
  DFKD_RETURN_IF_ERROR(TakeRecords(reader.entries(), bytes.substr(length), records.tensors));
  return std::move(records);
}

SafetensorsLayout LayOutSafetensors(const std::vector<TensorSpec>& tensors,
                                    const std::map<std::string, std::string>& metadata) {
  SafetensorsLayout layout;
  layout.order.resize(tensors.size());
  std::iota(layout.order.begin(), layout.order.end(), size_t{0});
  std::sort(layout.order.begin(), layout.order.end(), [&](size_t a, size_t b) {
    return std::tie(tensors[b].dtype, tensors[a].name) <
           std::tie(tensors[a].dtype, tensors[b].name);
  });
  std::vector<std::string> items;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) {
      pairs.push_back(absl::StrCat(JsonString(key), ":", JsonString(value)));
    }
    items.push_back(absl::StrCat("\"", kMetadataKey, "\":{", absl::StrJoin(pairs, ","), "}"));
  }
  int64_t end = 0;
  for (const size_t i : layout.order) {
    const int64_t begin = end;
    end += CountElements(tensors[i].sizes, tensors[i].dtype).value() * ItemSize(tensors[i].dtype);
    items.push_back(JsonEntry(tensors[i], begin, end));
  }
  std::string json = absl::StrCat("{", absl::StrJoin(items, ","), "}");
  json.resize((json.size() + 7) / 8 * 8, ' ');
  AppendLittleEndian<uint64_t>(json.size(), &layout.header);
  layout.header += json;
  return layout;
}

}  // namespace dfkd

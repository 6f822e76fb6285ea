#include "dfkd/weights/fuzz/fuzz_targets.h"

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/pytorch_legacy.h"
#include "dfkd/weights/pytorch_zip.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

void Must(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

std::string Content(const TensorRecord& record) {
  std::string content(record.elements() * ItemSize(record.dtype), '\0');
  CopyElements(record, content.data());
  return content;
}

// Reads every element, under the sanitizers' eyes.
void CheckRecords(const TensorRecords& records, absl::string_view bytes) {
  std::set<absl::string_view> names;
  size_t total = 0;
  for (const TensorRecord& record : records.tensors) {
    Must(names.insert(record.name).second, "names are unique");
    Must(CheckRecord(record).ok(), "records are sound");
    Must(record.storage.empty() ||
             (record.storage.data() >= bytes.data() &&
              record.storage.data() + record.storage.size() <= bytes.data() + bytes.size()),
         "storages lie in the file");
    total += Content(record).size();
  }
  Must(total <= 4 * bytes.size(), "tensors are at most four times as large as the file");
}

// The file that we would write with the same content.
std::string Rewritten(const TensorRecords& records) {
  std::vector<TensorSpec> specs;
  for (const TensorRecord& record : records.tensors) {
    specs.push_back({record.name, record.dtype, record.sizes});
  }
  const SafetensorsLayout layout = LayOutSafetensors(specs, records.metadata);
  std::string file = layout.header;
  for (const size_t i : layout.order) file += Content(records.tensors[i]);
  return file;
}

}  // namespace

void FuzzSafetensors(absl::string_view bytes) {
  const absl::StatusOr<TensorRecords> records = ParseSafetensorsRecords(bytes);
  if (!records.ok()) return;
  CheckRecords(*records, bytes);
  const std::string file = Rewritten(*records);
  const absl::StatusOr<TensorRecords> again = ParseSafetensorsRecords(file);
  Must(again.ok(), "what we write can be read");
  Must(again->metadata == records->metadata, "metadata are written as read");
  Must(Rewritten(*again) == file, "equal content gives equal bytes");
}

void FuzzPyTorchZip(absl::string_view bytes) {
  const absl::StatusOr<TensorRecords> records = ParsePyTorchZipRecords(bytes);
  if (records.ok()) CheckRecords(*records, bytes);
}

void FuzzPyTorchLegacy(absl::string_view bytes) {
  const absl::StatusOr<TensorRecords> records = ParsePyTorchLegacyRecords(bytes);
  if (records.ok()) CheckRecords(*records, bytes);
}

}  // namespace dfkd

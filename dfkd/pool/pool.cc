#include "dfkd/pool/pool.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <glog/logging.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "crc32c/crc32c.h"
#include "dfkd/core/files.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/state.h"
#include "dfkd/core/status.h"
#include "dfkd/pool/mapped_file.h"
#include "dfkd/pool/segment.h"

namespace dfkd {
namespace {

constexpr int64_t kLabelBytes = sizeof(int32_t);

struct Segment {
  int64_t number = 0;  // in the file's name
  std::string path;
  SegmentHeader header;
  std::vector<Block> blocks;
  int64_t bytes = 0;  // up to the end of the last block
  MappedFile map;

  int64_t first() const { return static_cast<int64_t>(header.first); }
  int64_t end() const {
    return blocks.empty() ? first() : blocks.back().first + blocks.back().count;
  }
  uint32_t chain() const { return blocks.empty() ? header.chain : blocks.back().chain; }
};

// Of the last block, in bytes.
int64_t EndOf(const Segment& segment, int64_t image_bytes) {
  if (segment.blocks.empty()) return SegmentHeader::kBytes;
  const Block& last = segment.blocks.back();
  return last.images + last.count * (image_bytes + kLabelBytes);
}

std::string PathOf(const std::string& dir, int64_t number) {
  return JoinPath(dir, absl::StrFormat("segment-%06d.bin", number));
}

std::optional<int64_t> NumberOf(absl::string_view file_name) {
  int64_t number = 0;
  if (!absl::ConsumePrefix(&file_name, "segment-") || !absl::ConsumeSuffix(&file_name, ".bin") ||
      !absl::SimpleAtoi(file_name, &number)) {
    return std::nullopt;
  }
  return number;
}

// In memory as a block's payload holds them.
at::Tensor ToBytes(const at::Tensor& images) {
  at::Tensor bytes = images.detach();
  if (bytes.scalar_type() != at::kByte) {
    bytes = bytes.to(at::kFloat).clamp(0, 1).mul(255).to(at::kByte);
  }
  return bytes.cpu().contiguous();
}

absl::string_view View(const at::Tensor& tensor) {
  return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

std::string SizeText(int64_t channels, int64_t height, int64_t width) {
  return absl::StrCat(channels, "x", height, "x", width);
}

}  // namespace

struct Pool::Impl {
  // What a checkpoint says of a pool.
  struct Cursor {
    int64_t images = 0;  // appended so far
    int64_t size = 0;    // of these, drawable
    uint32_t chain = 0;
  };

  absl::Status Load();
  absl::StatusOr<std::optional<Segment>> LoadSegment(int64_t number, int64_t first, uint32_t chain);
  absl::Status PrepareToWrite();
  absl::Status BeginSegment();
  absl::Status WriteBlock(const BlockHeader& header, absl::string_view images,
                          absl::string_view labels);
  absl::Status DropOutgrown();
  // The chain behind `images` images; absent unless a block ends there.
  std::optional<uint32_t> ChainAt(int64_t images) const;
  void DropFrom(int64_t images);

  int64_t end() const { return segments.empty() ? 0 : segments.back().end(); }
  uint32_t chain() const { return segments.empty() ? 0 : segments.back().chain(); }
  int64_t image_bytes() const { return options.channels * options.height * options.width; }
  // Index of the oldest image that can be drawn.
  int64_t FirstKept() const;
  const Segment& SegmentOf(int64_t image) const;
  static const Block& BlockOf(const Segment& segment, int64_t image);
  // Calls use(i, bytes of the image, bytes of its label) for the i-th of `index`.
  template <typename Use>
  void ForEach(const at::Tensor& index, const Use& use) const;

  std::string dir;
  PoolOptions options;
  FileSystem* files = nullptr;
  std::deque<Segment> segments;          // never without the newest one, once there is any
  std::unique_ptr<WritableFile> writer;  // behind the last segment's last block; null: to be opened
  std::vector<std::string> leftovers;    // files to be removed before anything is written
  bool unsynced = false;                 // blocks of the last segment
  bool directory_dirty = false;          // a new segment's name
  std::deque<Cursor> saved;              // the last two
};

Pool::Pool(const PoolOptions& options) : options_(options), impl_(std::make_unique<Impl>()) {}
Pool::~Pool() = default;

absl::StatusOr<std::unique_ptr<Pool>> Pool::Open(const std::string& dir, const PoolOptions& options,
                                                 FileSystem* files) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  std::unique_ptr<Pool> pool(new Pool(options));
  pool->impl_->dir = dir;
  pool->impl_->options = options;
  pool->impl_->files = files;
  DFKD_RETURN_IF_ERROR(pool->impl_->Load());
  return pool;
}

absl::Status Pool::Impl::Load() {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListDirectory(dir));
  std::vector<int64_t> numbers;
  for (const std::string& name : names) {
    if (const std::optional<int64_t> number = NumberOf(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  for (const int64_t number : numbers) {
    std::optional<Segment> segment;
    const bool follows = segments.empty() || number == segments.back().number + 1;
    if (leftovers.empty() && follows) {
      DFKD_ASSIGN_OR_RETURN(segment, LoadSegment(number, end(), chain()));
    }
    if (segment) {
      segments.push_back(*std::move(segment));
    } else {
      LOG(WARNING) << PathOf(dir, number) << " does not continue the pool and is passed over";
      leftovers.push_back(PathOf(dir, number));
    }
  }
  return absl::OkStatus();
}

// Absent unless the file is a segment that begins at image `first`; the first one may begin
// anywhere.
absl::StatusOr<std::optional<Segment>> Pool::Impl::LoadSegment(int64_t number, int64_t first,
                                                               uint32_t chain) {
  Segment segment;
  segment.number = number;
  segment.path = PathOf(dir, number);
  DFKD_ASSIGN_OR_RETURN(const int64_t size, FileSize(segment.path));
  DFKD_RETURN_IF_ERROR(segment.map.Map(segment.path, size));
  const std::optional<SegmentHeader> header = SegmentHeader::Decode(segment.map.bytes());
  if (!header) return std::nullopt;
  if (header->channels != options.channels || header->height != options.height ||
      header->width != options.width) {
    return ConfigError(absl::StrCat(
        "the pool in ", dir, " holds images of ",
        SizeText(header->channels, header->height, header->width), "; this experiment makes ",
        SizeText(options.channels, options.height, options.width), "; choose another folder"));
  }
  segment.header = *header;
  if (!segments.empty() && (segment.first() != first || header->chain != chain)) {
    return std::nullopt;
  }
  segment.blocks = ScanBlocks(*header, segment.map.bytes());
  segment.bytes = EndOf(segment, image_bytes());
  if (segment.bytes < size) {
    LOG(WARNING) << segment.path << ": " << size - segment.bytes
                 << " bytes behind the last whole block are passed over";
  }
  return segment;
}

// Brings the disk to what the pool holds, and opens the last segment at its end.
absl::Status Pool::Impl::PrepareToWrite() {
  if (!leftovers.empty()) {
    for (const std::string& path : leftovers) DFKD_RETURN_IF_ERROR(files->Remove(path));
    // Before anything new is written: they must not come back behind it.
    DFKD_RETURN_IF_ERROR(files->SyncDirectory(dir));
    leftovers.clear();
  }
  if (writer == nullptr && !segments.empty()) {
    const Segment& last = segments.back();
    DFKD_RETURN_IF_ERROR(files->Truncate(last.path, last.bytes));
    DFKD_ASSIGN_OR_RETURN(writer, files->OpenForAppend(last.path));
  }
  return absl::OkStatus();
}

absl::Status Pool::Impl::BeginSegment() {
  if (writer != nullptr) {
    DFKD_RETURN_IF_ERROR(writer->Sync());
    DFKD_RETURN_IF_ERROR(std::exchange(writer, nullptr)->Close());
  }
  Segment segment;
  segment.number = segments.empty() ? 0 : segments.back().number + 1;
  segment.path = PathOf(dir, segment.number);
  segment.header.channels = static_cast<uint32_t>(options.channels);
  segment.header.height = static_cast<uint32_t>(options.height);
  segment.header.width = static_cast<uint32_t>(options.width);
  segment.header.first = static_cast<uint64_t>(end());
  segment.header.chain = chain();
  segment.bytes = SegmentHeader::kBytes;
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, files->Create(segment.path));
  DFKD_RETURN_IF_ERROR(file->Append(segment.header.Encode()));
  writer = std::move(file);
  directory_dirty = true;
  segments.push_back(std::move(segment));
  return absl::OkStatus();
}

absl::Status Pool::Impl::WriteBlock(const BlockHeader& header, absl::string_view images,
                                    absl::string_view labels) {
  DFKD_RETURN_IF_ERROR(writer->Append(header.Encode()));
  DFKD_RETURN_IF_ERROR(writer->Append(images));
  DFKD_RETURN_IF_ERROR(writer->Append(labels));
  Segment& segment = segments.back();
  const int64_t begin = segment.bytes + static_cast<int64_t>(BlockHeader::kBytes);
  const int64_t bytes = begin + static_cast<int64_t>(images.size() + labels.size());
  DFKD_RETURN_IF_ERROR(segment.map.Map(segment.path, bytes));
  segment.blocks.push_back({segment.end(), header.count, begin, header.chain});
  segment.bytes = bytes;
  unsynced = true;
  return absl::OkStatus();
}

absl::Status Pool::Append(const at::Tensor& images, const at::Tensor& labels, int64_t round) {
  CHECK_EQ(images.dim(), 4);
  CHECK_EQ(labels.dim(), 1);
  CHECK_EQ(images.size(0), labels.size(0));
  CHECK(images.size(1) == options_.channels && images.size(2) == options_.height &&
        images.size(3) == options_.width);
  const int64_t count = options_.stop_when_full && options_.max_images > 0
                            ? std::min(images.size(0), options_.max_images - size())
                            : images.size(0);
  if (count == 0) return absl::OkStatus();
  const at::Tensor bytes = ToBytes(images.narrow(0, 0, count));
  const at::Tensor labels32 = labels.narrow(0, 0, count).detach().to(at::kInt).cpu().contiguous();

  BlockHeader header;
  header.count = static_cast<uint32_t>(count);
  header.round = static_cast<int32_t>(round);
  const absl::string_view label_bytes = View(labels32);
  header.payload_crc =
      crc32c::Extend(crc32c::Crc32c(View(bytes).data(), bytes.nbytes()),
                     reinterpret_cast<const uint8_t*>(label_bytes.data()), label_bytes.size());
  header.chain = ExtendChain(impl_->chain(), header);

  DFKD_RETURN_IF_ERROR(impl_->PrepareToWrite());
  DFKD_RETURN_IF_ERROR(impl_->DropOutgrown());
  const int64_t block_bytes =
      static_cast<int64_t>(BlockHeader::kBytes) + header.payload_bytes(impl_->image_bytes());
  const bool full = impl_->segments.empty() ||
                    (!impl_->segments.back().blocks.empty() &&
                     impl_->segments.back().bytes + block_bytes > options_.segment_bytes);
  if (full) DFKD_RETURN_IF_ERROR(impl_->BeginSegment());
  const absl::Status status = impl_->WriteBlock(header, View(bytes), label_bytes);
  if (!status.ok()) impl_->writer = nullptr;  // the next one cuts off what was half written
  return status;
}

// Removes the oldest segments once the ring has left them behind, as seen from the older of the two
// checkpoints that may be restored.
absl::Status Pool::Impl::DropOutgrown() {
  if (options.max_images <= 0 || saved.size() < 2) return absl::OkStatus();
  const int64_t needed_from = saved.front().images - options.max_images;
  while (segments.size() > 1 && segments.front().end() <= needed_from) {
    DFKD_RETURN_IF_ERROR(files->Remove(segments.front().path));
    // One by one, so that no gap can appear.
    DFKD_RETURN_IF_ERROR(files->SyncDirectory(dir));
    segments.pop_front();
  }
  return absl::OkStatus();
}

absl::Status Pool::Sync() {
  if (impl_->unsynced) {
    DFKD_RETURN_IF_ERROR(impl_->PrepareToWrite());
    DFKD_RETURN_IF_ERROR(impl_->writer->Sync());
    impl_->unsynced = false;
  }
  if (impl_->directory_dirty) {
    DFKD_RETURN_IF_ERROR(impl_->files->SyncDirectory(impl_->dir));
    impl_->directory_dirty = false;
  }
  return absl::OkStatus();
}

int64_t Pool::Impl::FirstKept() const {
  if (segments.empty()) return 0;
  const int64_t first = segments.front().first();
  return options.max_images > 0 ? std::max(first, end() - options.max_images) : first;
}

int64_t Pool::size() const { return impl_->end() - impl_->FirstKept(); }
int64_t Pool::appended() const { return impl_->end(); }

const Segment& Pool::Impl::SegmentOf(int64_t image) const {
  const auto after = std::upper_bound(segments.begin(), segments.end(), image,
                                      [](int64_t i, const Segment& s) { return i < s.first(); });
  return *(after - 1);
}

const Block& Pool::Impl::BlockOf(const Segment& segment, int64_t image) {
  const auto after = std::upper_bound(segment.blocks.begin(), segment.blocks.end(), image,
                                      [](int64_t i, const Block& b) { return i < b.first; });
  return *(after - 1);
}

template <typename Use>
void Pool::Impl::ForEach(const at::Tensor& index, const Use& use) const {
  CHECK(index.dim() == 1 && index.scalar_type() == at::kLong);
  const at::Tensor on_cpu = index.cpu().contiguous();
  const int64_t* const wanted = on_cpu.const_data_ptr<int64_t>();
  const int64_t first = FirstKept();
  const int64_t size = end() - first;
  for (int64_t i = 0; i < on_cpu.numel(); ++i) {
    CHECK(wanted[i] >= 0 && wanted[i] < size) << wanted[i] << " of " << size << " images";
    const int64_t image = first + wanted[i];
    const Segment& segment = SegmentOf(image);
    const Block& block = BlockOf(segment, image);
    const char* const images = segment.map.bytes().data() + block.images;
    const int64_t place = image - block.first;
    use(i, images + place * image_bytes(),
        images + block.count * image_bytes() + place * kLabelBytes);
  }
}

at::Tensor Pool::Images(const at::Tensor& index) const {
  at::Tensor images =
      at::empty({index.numel(), options_.channels, options_.height, options_.width}, at::kByte);
  uint8_t* const out = images.mutable_data_ptr<uint8_t>();
  const int64_t bytes = impl_->image_bytes();
  impl_->ForEach(index, [&](int64_t i, const char* image, const char*) {
    std::memcpy(out + i * bytes, image, bytes);
  });
  return images;
}

at::Tensor Pool::Labels(const at::Tensor& index) const {
  at::Tensor labels = at::empty({index.numel()}, at::kLong);
  int64_t* const out = labels.mutable_data_ptr<int64_t>();
  impl_->ForEach(index, [&](int64_t i, const char*, const char* label) {
    out[i] = LoadLittleEndian<int32_t>(label);
  });
  return labels;
}

std::optional<uint32_t> Pool::Impl::ChainAt(int64_t images) const {
  if (images == end()) return chain();
  for (const Segment& segment : segments) {
    if (segment.first() == images) return segment.header.chain;
    for (const Block& block : segment.blocks) {
      if (block.first + block.count == images) return block.chain;
    }
  }
  return std::nullopt;
}

// `images` is where a block ends.
void Pool::Impl::DropFrom(int64_t images) {
  if (images == end()) return;
  while (segments.size() > 1 && segments.back().first() >= images) {
    leftovers.push_back(segments.back().path);
    segments.pop_back();
  }
  Segment& last = segments.back();
  std::erase_if(last.blocks, [&](const Block& block) { return block.first >= images; });
  last.bytes = EndOf(last, image_bytes());
  writer = nullptr;
}

void Pool::Save(StateWriter writer) const {
  writer.Int("images", appended());
  writer.Int("size", size());
  writer.Int("chain", impl_->chain());
  impl_->saved.push_back({appended(), size(), impl_->chain()});
  if (impl_->saved.size() > 2) impl_->saved.pop_front();
}

absl::Status Pool::Restore(const StateReader& reader) {
  Impl::Cursor cursor;
  DFKD_ASSIGN_OR_RETURN(cursor.images, reader.Int("images"));
  DFKD_ASSIGN_OR_RETURN(cursor.size, reader.Int("size"));
  DFKD_ASSIGN_OR_RETURN(const int64_t chain, reader.Int("chain"));
  cursor.chain = static_cast<uint32_t>(chain);

  const int64_t first = impl_->segments.empty() ? 0 : impl_->segments.front().first();
  const std::optional<uint32_t> found = impl_->ChainAt(cursor.images);
  if (!found || *found != cursor.chain || first > cursor.images - cursor.size) {
    return StorageError(
        absl::StrCat("the pool in ", impl_->dir, " holds images ", first, " to ", appended(),
                     found && *found != cursor.chain ? " of another run" : "",
                     "; the checkpoint needs ", cursor.images - cursor.size, " to ", cursor.images,
                     "; bring the pool's files back, or remove the run's folder to begin anew"));
  }
  impl_->DropFrom(cursor.images);
  impl_->saved = {cursor};
  return impl_->PrepareToWrite();
}

absl::Status Pool::Clear() {
  for (const Segment& segment : impl_->segments) impl_->leftovers.push_back(segment.path);
  impl_->segments.clear();
  impl_->saved.clear();
  impl_->writer = nullptr;
  impl_->unsynced = false;
  return impl_->PrepareToWrite();
}

}  // namespace dfkd

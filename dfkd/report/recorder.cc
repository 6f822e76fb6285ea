#include "dfkd/report/recorder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/report/metrics_file.h"
#include "dfkd/report/png.h"
#include "dfkd/report/row_titles.h"
#include "dfkd/report/tensorboard.h"

namespace dfkd {
namespace {

class FileRecorder : public Recorder {
 public:
  FileRecorder(const std::string& dir, FileSystem* files)
      : dir_(dir),
        files_(files),
        metrics_(JoinPath(dir, kMetricsFile), files),
        events_path_(JoinPath(dir, kEventsFile)) {}

  void SetClassNames(std::vector<std::string> names) override { class_names_ = std::move(names); }

  absl::Status WriteRow(int64_t epoch, const MetricsRow& row) override {
    const auto seconds = row.find("seconds_total");
    if (seconds != row.end()) seconds_ = seconds->second;
    DFKD_RETURN_IF_ERROR(metrics_.WriteRow(epoch, row));
    return AppendEvent(TensorBoardScalars(epoch, seconds_, row));
  }

  absl::Status WriteSamples(int64_t epoch, absl::string_view name, const at::Tensor& images,
                            const at::Tensor& labels) override {
    PngTexts texts = {{kEpochText, absl::StrCat(epoch)}};
    at::Tensor picture;
    if (labels.defined() && labels.ge(0).any().item<bool>()) {
      const ClassGrid grid = ImageGridByClass(images, labels, GridOptions());
      texts[kRowsText] = RowTitlesToText(TitlesOf(grid.classes));
      picture = grid.image;
    } else {
      picture = ImageGrid(images, GridOptions());
    }
    DFKD_ASSIGN_OR_RETURN(const std::string png, EncodePng(picture, texts));
    DFKD_RETURN_IF_ERROR(files_->CreateDirectories(JoinPath(dir_, kSamplesFolder)));
    DFKD_RETURN_IF_ERROR(WriteFileAtomically(
        files_, JoinPath(JoinPath(dir_, kSamplesFolder), absl::StrCat(name, ".png")), png));
    return AppendEvent(TensorBoardImage(epoch, seconds_, absl::StrCat(kSamplesFolder, "/", name),
                                        png, picture.size(1), picture.size(2)));
  }

  absl::Status Sync() override {
    DFKD_RETURN_IF_ERROR(metrics_.Sync());
    if (events_ != nullptr) DFKD_RETURN_IF_ERROR(events_->Sync());
    return files_->SyncDirectory(dir_);
  }

  void Save(StateWriter writer) const override {
    metrics_.Save(writer.Scope("metrics"));
    writer.Int("events_size", events_size_);
    writer.Double("seconds", seconds_);
  }

  absl::Status Restore(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(metrics_.Restore(reader.Scope("metrics")));
    DFKD_ASSIGN_OR_RETURN(events_size_, reader.Int("events_size"));
    DFKD_ASSIGN_OR_RETURN(seconds_, reader.Double("seconds"));
    events_ = nullptr;
    if (events_size_ == 0) return absl::OkStatus();
    DFKD_ASSIGN_OR_RETURN(const int64_t size, FileSize(events_path_));
    if (size < events_size_) {
      return InputFileError(absl::StrCat(events_path_, " has ", size,
                                         " bytes, the checkpoint says ", events_size_,
                                         "; restore it or start anew with --resume=never"));
    }
    DFKD_RETURN_IF_ERROR(files_->Truncate(events_path_, events_size_));
    DFKD_ASSIGN_OR_RETURN(events_, files_->OpenForAppend(events_path_));
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> TitlesOf(const std::vector<int64_t>& classes) const {
    std::vector<std::string> titles;
    for (int64_t label : classes) {
      const bool named = label >= 0 && label < static_cast<int64_t>(class_names_.size());
      titles.push_back(named ? class_names_[label] : absl::StrCat(label));
    }
    return titles;
  }

  absl::Status AppendEvent(const std::string& record) {
    std::string bytes = record;
    if (events_ == nullptr) {
      DFKD_ASSIGN_OR_RETURN(events_, files_->Create(events_path_));
      events_size_ = 0;
      bytes = TensorBoardFileHeader() + record;
    }
    DFKD_RETURN_IF_ERROR(events_->Append(bytes));
    events_size_ += static_cast<int64_t>(bytes.size());
    return absl::OkStatus();
  }

  const std::string dir_;
  FileSystem* const files_;
  MetricsFile metrics_;
  const std::string events_path_;
  std::unique_ptr<WritableFile> events_;  // null until the first event
  int64_t events_size_ = 0;
  double seconds_ = 0;  // of the last row that had seconds_total
  std::vector<std::string> class_names_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::Open(const std::string& dir,
                                                         FileSystem* files) {
  DFKD_RETURN_IF_ERROR(files->CreateDirectories(dir));
  return std::make_unique<FileRecorder>(dir, files);
}

}  // namespace dfkd

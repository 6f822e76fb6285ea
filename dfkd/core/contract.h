// What a plugin needs from the experiment around it, and what it gives. Checked for the whole
// experiment before anything runs, so that `dfkd check` judges a spec in a moment.
#ifndef DFKD_CORE_CONTRACT_H_
#define DFKD_CORE_CONTRACT_H_

#include <cstdint>
#include <initializer_list>
#include <string>

namespace dfkd {

// Something that one plugin computes and another may use.
enum class Capability : uint32_t {
  kLabels = 1u << 0,            // the method knows which class each image is meant to show
  kClassRows = 1u << 1,         // one embedding row per class
  kStudentOutput = 1u << 2,     // the student's logits on the synthesised images
  kBatchNormInputs = 1u << 3,   // the teacher has BatchNorm layers, and shows their inputs
  kFeatureMap = 1u << 4,        // the teacher's last feature map [N, F, h, w]
  kClassifierWeight = 1u << 5,  // the teacher's last layer [K, F]
  kEmbedding = 1u << 6,         // pooled features [N, F]
  kRealData = 1u << 7,          // a data set is declared
  kPool = 1u << 8,              // synthesised images are kept
  kStages = 1u << 9,            // feature maps of the stages
  kImages = 1u << 10,           // the loss sees the images themselves
  kTeacherOutput = 1u << 11,    // a teacher's logits
  kPatchPositions = 1u << 12,   // a network reads patches, and learns their places in a grid
  kPixelLogits = 1u << 13,      // a model gives logits for each pixel, [N, K, H, W]
  kMasks = 1u << 14,            // a data set names the class of each pixel, [N, H, W]
  kPreReluMap = 1u << 15,       // the teacher's last feature map before the ReLU that ends it
  kImageLogits = 1u << 16,      // a model gives logits for whole images, [N, K]
};

class Capabilities {
 public:
  constexpr Capabilities() = default;
  constexpr Capabilities(std::initializer_list<Capability> list) {
    for (Capability c : list) bits_ |= static_cast<uint32_t>(c);
  }
  constexpr bool Has(Capability c) const { return (bits_ & static_cast<uint32_t>(c)) != 0; }
  constexpr Capabilities operator|(Capabilities other) const {
    return FromBits(bits_ | other.bits_);
  }
  // What is in here and not in `other`.
  constexpr Capabilities Without(Capabilities other) const {
    return FromBits(bits_ & ~other.bits_);
  }
  constexpr bool empty() const { return bits_ == 0; }

  // "labels, student output"; for messages.
  std::string ToString() const;

 private:
  static constexpr Capabilities FromBits(uint32_t bits) {
    Capabilities c;
    c.bits_ = bits;
    return c;
  }
  uint32_t bits_ = 0;
};

struct Contract {
  Capabilities needs;
  Capabilities provides;
};

}  // namespace dfkd

#endif  // DFKD_CORE_CONTRACT_H_

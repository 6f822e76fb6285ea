#include "dfkd/images/resize.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "glog/logging.h"

namespace dfkd {
namespace {

// Sums of 8 bits times weights of at most 2 fit 32 bits.
constexpr int kWeightBits = 32 - 8 - 2;

// What one side of the output is made of.
struct Side {
  int64_t whole;  // its length before the crop
  int64_t start;  // of the crop
  int64_t count;
};

double Triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Keys, "Cubic convolution interpolation for digital image processing", 1981.
double Cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// The weights of one output pixel, for inputs from `first` on.
struct Taps {
  int64_t first;
  std::vector<int32_t> weights;
};

int32_t ToFixedPoint(double weight) {
  const double scaled = weight * (1 << kWeightBits);
  return static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

std::vector<Taps> MakeTaps(int64_t input, const Side& output, ResizeFilter filter) {
  auto* const kernel = filter == ResizeFilter::kBilinear ? &Triangle : &Cubic;
  const double scale = static_cast<double>(input) / static_cast<double>(output.whole);
  const double stretch = std::max(scale, 1.0);
  const double support = (filter == ResizeFilter::kBilinear ? 1.0 : 2.0) * stretch;
  // Pillow multiplies by the inverse: the last bit of a weight depends on it.
  const double inverse_stretch = 1.0 / stretch;
  std::vector<Taps> all;
  std::vector<double> weights;
  for (int64_t i = output.start; i < output.start + output.count; ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const auto last = std::min(static_cast<int64_t>(center + support + 0.5), input);
    weights.clear();
    double sum = 0;
    for (int64_t j = first; j < last; ++j) {
      weights.push_back(kernel((static_cast<double>(j) - center + 0.5) * inverse_stretch));
      sum += weights.back();
    }
    Taps taps = {.first = first, .weights = {}};
    for (const double weight : weights) {
      taps.weights.push_back(ToFixedPoint(sum != 0 ? weight / sum : weight));
    }
    all.push_back(std::move(taps));
  }
  return all;
}

uint8_t ToByte(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// Rows [first_row, last_row) of a plane, made narrower or wider.
std::vector<uint8_t> ResizeRows(const uint8_t* plane, int64_t width, int64_t first_row,
                                int64_t last_row, const std::vector<Taps>& taps) {
  std::vector<uint8_t> result;
  result.reserve((last_row - first_row) * taps.size());
  for (int64_t y = first_row; y < last_row; ++y) {
    for (const Taps& tap : taps) {
      const uint8_t* in = plane + y * width + tap.first;
      int32_t sum = kHalf;
      for (size_t j = 0; j < tap.weights.size(); ++j) sum += in[j] * tap.weights[j];
      result.push_back(ToByte(sum));
    }
  }
  return result;
}

// `rows` begins at row `first_row`.
void ResizeColumns(const std::vector<uint8_t>& rows, int64_t first_row, int64_t width,
                   const std::vector<Taps>& taps, uint8_t* out) {
  std::vector<int32_t> sums(width);
  for (const Taps& tap : taps) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const uint8_t* in = rows.data() + (tap.first - first_row) * width;
    for (const int32_t weight : tap.weights) {
      for (int64_t x = 0; x < width; ++x) sums[x] += in[x] * weight;
      in += width;
    }
    for (const int32_t sum : sums) *out++ = ToByte(sum);
  }
}

Image Resample(const Image& image, const Side& vertical, const Side& horizontal,
               ResizeFilter filter) {
  CHECK(image.height > 0 && image.width > 0 && vertical.count > 0 && horizontal.count > 0);
  const std::vector<Taps> columns = MakeTaps(image.width, horizontal, filter);
  const std::vector<Taps> rows = MakeTaps(image.height, vertical, filter);
  const int64_t first_row = rows.front().first;
  const int64_t last_row = rows.back().first + static_cast<int64_t>(rows.back().weights.size());
  Image result(image.channels, vertical.count, horizontal.count);
  for (int64_t c = 0; c < image.channels; ++c) {
    ResizeColumns(ResizeRows(image.plane(c), image.width, first_row, last_row, columns), first_row,
                  horizontal.count, rows, result.plane(c));
  }
  return result;
}

// Python's round(rest / 2).
int64_t HalfToEven(int64_t rest) {
  const int64_t half = rest / 2;
  return half + (rest % 2 == 1 && half % 2 == 1 ? 1 : 0);
}

}  // namespace

Image ResizeImage(const Image& image, int64_t height, int64_t width, ResizeFilter filter) {
  if (image.height == height && image.width == width) return image;
  return Resample(image, {height, 0, height}, {width, 0, width}, filter);
}

Image ResizeNearest(const Image& image, int64_t height, int64_t width) {
  CHECK(image.height > 0 && image.width > 0 && height > 0 && width > 0);
  // In Pillow's arithmetic: the middles of output pixels, added up.
  const auto places = [](int64_t input, int64_t output) {
    const double step = static_cast<double>(input) / static_cast<double>(output);
    double middle = step * 0.5;
    std::vector<int64_t> from;
    for (int64_t i = 0; i < output; ++i, middle += step) {
      from.push_back(std::min(static_cast<int64_t>(middle), input - 1));
    }
    return from;
  };
  const std::vector<int64_t> rows = places(image.height, height);
  const std::vector<int64_t> columns = places(image.width, width);
  Image result(image.channels, height, width);
  uint8_t* out = result.pixels.data();
  for (int64_t c = 0; c < image.channels; ++c) {
    for (const int64_t row : rows) {
      const uint8_t* in = image.plane(c) + row * image.width;
      for (const int64_t column : columns) *out++ = in[column];
    }
  }
  return result;
}

Image ResizeShorterSideAndCrop(const Image& image, int64_t shorter_side, int64_t height,
                               int64_t width, ResizeFilter filter) {
  CHECK(height <= shorter_side && width <= shorter_side)
      << height << "x" << width << " out of " << shorter_side;
  const int64_t shorter = std::min(image.height, image.width);
  const auto side = [&](int64_t length, int64_t crop) -> Side {
    const int64_t whole = length == shorter ? shorter_side : shorter_side * length / shorter;
    return {whole, HalfToEven(whole - crop), crop};
  };
  return Resample(image, side(image.height, height), side(image.width, width), filter);
}

}  // namespace dfkd

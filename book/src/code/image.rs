use bufferprocs::{Buffer, BufferError, Exporter, Layout, Object, Request, View};

/// A grey image: full rows of pixels of one byte.
struct Image {
    pixels: Vec<u8>,
    layout: Layout,
}

impl Image {
    fn new(pixels: Vec<u8>, width: usize) -> Result<Image, BufferError> {
        if width == 0 || pixels.len() % width != 0 {
            return Err(BufferError::Refused("the last row is not full".into()));
        }
        let layout = Layout::c_contiguous(&[pixels.len() / width, width], 1)?;
        Ok(Image { pixels, layout })
    }

    fn add_row(&mut self, row: &[u8]) -> Result<(), BufferError> {
        let width = self.layout.shape()[1].unsigned_abs();
        *self = Image::new([&self.pixels, row].concat(), width)?;
        Ok(())
    }
}

package studio.nst.mobile

import android.content.res.AssetManager
import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel

/** The two networks: one predicts a style's vector, once for each style; the other paints each frame with it. */
class StyleNetworks(assets: AssetManager, val edge: Int, gpu: Boolean) : AutoCloseable {
    // begin: the few lines
    private val options = CompiledModel.Options(if (gpu) Accelerator.GPU else Accelerator.CPU)
    private val predictor = CompiledModel.create(assets, "style_predict_float16.tflite", options)
    private val transformer = CompiledModel.create(assets, "style_transform_${edge}_float16.tflite", options)
    private val styleIn = predictor.createInputBuffers()
    private val styleOut = predictor.createOutputBuffers()
    private val frameIn = transformer.createInputBuffers()
    private val frameOut = transformer.createOutputBuffers()

    /** The vector of a style picture of 256 x 256 pixels, red, green and blue in [0, 1]. */
    fun predict(style: FloatArray): FloatArray {
        styleIn[0].writeFloat(style)
        predictor.run(styleIn, styleOut)
        return styleOut[0].readFloat()
    }

    /** A frame of [edge] x [edge] pixels in a style. */
    fun paint(frame: FloatArray, vector: FloatArray): FloatArray {
        frameIn[0].writeFloat(frame)
        frameIn[1].writeFloat(vector)
        transformer.run(frameIn, frameOut)
        return frameOut[0].readFloat()
    }
    // end: the few lines

    override fun close() {
        (styleIn + styleOut + frameIn + frameOut).forEach { it.close() }
        predictor.close()
        transformer.close()
    }

    companion object {
        /** The side of the style pictures that the first network takes. */
        const val STYLE_EDGE = 256

        /** The networks on the graphics card, or on the processor of a phone whose graphics card cannot run them. */
        fun open(assets: AssetManager, edge: Int): StyleNetworks =
            try {
                StyleNetworks(assets, edge, gpu = true)
            } catch (error: Exception) {
                StyleNetworks(assets, edge, gpu = false)
            }
    }
}

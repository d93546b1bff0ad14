// Stand-ins for the classes of LiteRT and Android that StyleNetworks.kt uses. Each network doubles its inputs' sum.
package com.google.ai.edge.litert

import android.content.res.AssetManager

enum class Accelerator { CPU, GPU }

class TensorBuffer : AutoCloseable {
    var values = FloatArray(0)
    fun writeFloat(data: FloatArray) { values = data }
    fun readFloat(): FloatArray = values
    override fun close() { log.add("close buffer") }
}

class CompiledModel private constructor(private val name: String) : AutoCloseable {
    class Options(vararg val accelerators: Accelerator)

    fun createInputBuffers() = List(if ("transform" in name) 2 else 1) { TensorBuffer() }
    fun createOutputBuffers() = List(1) { TensorBuffer() }
    fun run(inputs: List<TensorBuffer>, outputs: List<TensorBuffer>) {
        log.add("run $name with ${inputs.map { it.values.size }}")
        outputs[0].writeFloat(floatArrayOf(2 * inputs.map { it.values.sum() }.sum()))
    }
    override fun close() { log.add("close $name") }

    companion object {
        fun create(assets: AssetManager, name: String, options: Options): CompiledModel {
            if (Accelerator.GPU in options.accelerators && !assets.hasGpu) throw IllegalStateException("no GPU")
            return CompiledModel(name)
        }
    }
}

val log = mutableListOf<String>()

"""Caffe2's messages: for every field its number, type and default, as torch 1.8.1 (BSD-style licence) has them.

Written as Caffe's: `name:number:type=default`, a repeated one with `*` behind its type.
"""

from __future__ import annotations

ENUMS = {
    "ExternalDataProto.SourceType": "INLINE_CONTAINER:0 SIMPLE_FILE:1",
    "TensorProto.DataType": """
        UNDEFINED:0 FLOAT:1 INT32:2 BYTE:3 STRING:4 BOOL:5 UINT8:6 INT8:7 UINT16:8 INT16:9 INT64:10
        FLOAT16:12 DOUBLE:13 ZERO_COLLISION_HASH:14
    """,
    "TensorProto.StorageType": "TYPED:1 RAW:2 EXTERNAL:3 NO_CONTENT:4",
}

MESSAGES = {
    "TensorProto": """
        dims:1:int64* data_type:2:TensorProto.DataType=FLOAT float_data:3:float* int32_data:4:int32*
        byte_data:5:bytes string_data:6:bytes* name:7:string device_detail:8:DeviceOption double_data:9:double*
        int64_data:10:int64* segment:11:TensorProto.Segment storage_type:12:TensorProto.StorageType=TYPED
        raw_data:13:bytes external_data:14:ExternalDataProto
    """,
    "TensorProto.Segment": """
        begin:1:int64 end:2:int64
    """,
    "ExternalDataProto": """
        source_type:1:ExternalDataProto.SourceType=INLINE_CONTAINER record_id:2:string offset:3:int64=0
        strides:4:int64* record_size:5:uint64
    """,
    "QTensorProto": """
        dims:1:int64* precision:2:int32 scale:3:double bias:4:double is_signed:5:bool data:6:int32*
        name:7:string data_type:8:TensorProto.DataType=INT32 scales:9:double* biases:10:double* axis:11:int32
        is_multiparam:12:bool=false
    """,
    "DeviceOption": """
        device_type:1:int32=0 device_id:2:int32 random_seed:3:uint32 node_name:4:string numa_node_id:5:int32
        extra_info:6:string*
    """,
    "Argument": """
        name:1:string f:2:float i:3:int64 s:4:bytes floats:5:float* ints:6:int64* strings:7:bytes* n:8:NetDef
        nets:9:NetDef* t:10:TensorProto tensors:11:TensorProto* qtensors:12:QTensorProto*
    """,
    "OperatorDef": """
        input:1:string* output:2:string* name:3:string type:4:string arg:5:Argument*
        device_option:6:DeviceOption engine:7:string control_input:8:string* is_gradient_op:9:bool=false
        debug_info:10:string domain:11:string op_version:12:int64
    """,
    "NetDef": """
        name:1:string op:2:OperatorDef* type:3:string num_workers:4:int32 device_option:5:DeviceOption
        arg:6:Argument* external_input:7:string* external_output:8:string* partition_info:9:PartitionInfo*
    """,
    "PartitionInfo": """
        name:1:string device_id:2:int32* extra_info:3:string backend_options:4:BackendOptions*
    """,
    "BackendOptions": """
        backend_name:1:string option:2:MapFieldEntry*
    """,
    "MapFieldEntry": """
        key:1:string val:2:string
    """,
}
